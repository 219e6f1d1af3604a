# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(paint SOURCES paint.cpp LINKS setsz::sky_kernels setsz::gnfw)
