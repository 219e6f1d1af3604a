# SPDX-License-Identifier: BSD-3-Clause
setsz_test(model_data SOURCES columns_test.cpp flux_correction_test.cpp model_file_test.cpp
                   moment_features_test.cpp network_options_test.cpp optimizer_test.cpp
                   origin_filter_test.cpp parameter_transfer_test.cpp scalar_noise_test.cpp
           LINKS setsz::model_data)
setsz_test(dense_mlp SOURCES dense_mlp_test.cpp packing_test.cpp plain_tile_tables.cpp wide_kernels.cpp LINKS setsz::dense_mlp)
# Vectors wider than the registers stay inside these files: how they would be passed does not matter.
# (GCC 12 may crash in its analysis of them across functions.)
set_source_files_properties(wide_kernels.cpp PROPERTIES COMPILE_OPTIONS "-fno-ipa-cp;-Wno-psabi")
set_source_files_properties(plain_tile_tables.cpp PROPERTIES COMPILE_OPTIONS "-O3;-fno-ipa-cp;-Wno-psabi")
if(SETSZ_COMPILES_AMX)
  target_sources(test_dense_mlp PRIVATE avx512_tile_tables.cpp)
  set_source_files_properties(avx512_tile_tables.cpp
    PROPERTIES COMPILE_OPTIONS "-O3;${amx_options}" SKIP_PRECOMPILE_HEADERS ON)
  set_source_files_properties(dense_mlp_test.cpp PROPERTIES COMPILE_DEFINITIONS SETSZ_HAS_AMX)
endif()
setsz_test(network SOURCES cnn_test.cpp features_test.cpp network_symmetry_test.cpp network_test.cpp
           LINKS setsz::model)
setsz_test(trainer SOURCES lane_sum_test.cpp trainer_test.cpp LINKS setsz::model RANKS 1 2 3)
# The one test that asks libtorch's own optimiser.
setsz_test(torch_adam SOURCES torch_adam_test.cpp LINKS setsz::model_data)
# libtorch's definitions are not those of the precompiled headers.
set_target_properties(test_torch_adam PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)
target_include_directories(test_torch_adam SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS})
target_link_libraries(test_torch_adam PRIVATE torch torch_cpu c10)
setsz_test(stochastic SOURCES stochastic_test.cpp LINKS setsz::model RANKS 1 2 3)
