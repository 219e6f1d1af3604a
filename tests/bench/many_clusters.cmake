# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(many_clusters SOURCES many_clusters.cpp LINKS setsz::gnfw_fit setsz::fit setsz::train)
