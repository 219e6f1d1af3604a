# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(network SOURCES network.cpp LINKS setsz::model ${CMAKE_DL_LIBS})
