# SPDX-License-Identifier: BSD-3-Clause
setsz_benchmark(dense_mlp SOURCES dense_mlp.cpp LINKS setsz::dense_mlp)
if(SETSZ_COMPILES_AMX)
  target_sources(bench_dense_mlp PRIVATE empty_tiles.cpp)
  set_source_files_properties(empty_tiles.cpp PROPERTIES COMPILE_OPTIONS "-O3;-fno-math-errno;-fno-trapping-math;${amx_options}")
  set_source_files_properties(dense_mlp.cpp PROPERTIES COMPILE_DEFINITIONS SETSZ_HAS_AMX)
endif()
