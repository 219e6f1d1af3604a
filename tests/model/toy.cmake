# SPDX-License-Identifier: BSD-3-Clause
# A module that only this test knows: its table takes the place of the library's.
setsz_test(toy_module SOURCES toy/toy.cpp toy/toy_table.cpp toy/toy_test.cpp
           LINKS setsz::train_work setsz::predict_work setsz::extract RANKS 1 2)
target_include_directories(test_toy_module SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS})
target_link_libraries(test_toy_module PRIVATE torch_cpu c10)
target_compile_definitions(test_toy_module PRIVATE AT_PER_OPERATOR_HEADERS)
