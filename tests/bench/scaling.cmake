# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(scaling SOURCES scaling.cpp scaling_main.cpp
  LINKS setsz::extract setsz::predict setsz::sky_kernels setsz::halos setsz::halo_model)
# Counts what a run really sends: LD_PRELOAD.
add_library(mpi_traffic MODULE mpi_traffic.cpp)
target_include_directories(mpi_traffic PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(mpi_traffic PRIVATE MPI::MPI_C setsz_warnings)
target_compile_definitions(mpi_traffic PRIVATE OMPI_SKIP_MPICXX)
set_target_properties(mpi_traffic PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
# What is replayed against what is counted.
setsz_test(scaling SOURCES scaling.cpp scaling_test.cpp mpi_traffic.cpp
  LINKS setsz::extract setsz::predict setsz::sky_kernels setsz::halos RANKS 1 2 3)
