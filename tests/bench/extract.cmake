# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(extract SOURCES extract.cpp LINKS setsz::extract)
