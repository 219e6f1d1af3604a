# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(adaptive SOURCES adaptive.cpp LINKS setsz::predict)
