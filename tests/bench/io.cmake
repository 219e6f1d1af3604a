# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(io SOURCES io.cpp LINKS setsz::io)
