# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(dense_mlp SOURCES dense_mlp.cpp LINKS setsz::dense_mlp)
