# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(overlap SOURCES overlap.cpp LINKS setsz::overlap)
