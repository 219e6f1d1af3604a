# SPDX-License-Identifier: BSD-3-Clause
set(SCALING_LINKS setsz::catalog setsz::extract setsz::fit setsz::halos setsz::model_data setsz::paint setsz::predict setsz::sky_kernels setsz::train setsz::voxelize)
setsz_benchmark(scaling SOURCES scaling.cpp scaling_main.cpp
  LINKS ${SCALING_LINKS} setsz::halo_model)
# What a run really sends, and how evenly its ranks work: LD_PRELOAD.
foreach(probe IN ITEMS mpi_traffic mpi_balance)
  add_library(${probe} MODULE ${probe}.cpp)
  target_include_directories(${probe} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${probe} PRIVATE MPI::MPI_C setsz_warnings)
  target_compile_definitions(${probe} PRIVATE OMPI_SKIP_MPICXX)
  set_target_properties(${probe} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endforeach()
# What is replayed against what is counted.
setsz_test(scaling SOURCES scaling.cpp scaling_test.cpp scaling_work_test.cpp mpi_traffic.cpp
  LINKS ${SCALING_LINKS} RANKS 1 2 3)
setsz_test(scaling_networks SOURCES scaling.cpp scaling_networks_test.cpp mpi_traffic.cpp
  LINKS ${SCALING_LINKS} setsz::train_work setsz::predict_work RANKS 1 2 3)
