# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(moments SOURCES moments.cpp LINKS setsz::moments_kernels)
