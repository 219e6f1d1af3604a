# SPDX-License-Identifier: BSD-3-Clause
find_path(NANOFLANN_INCLUDE_DIR nanoflann.hpp REQUIRED)
setsz_benchmark(local_spheres SOURCES local_spheres.cpp LINKS setsz::particles)
target_include_directories(bench_local_spheres SYSTEM PRIVATE ${NANOFLANN_INCLUDE_DIR})
