# SPDX-License-Identifier: BSD-3-Clause
set(SCALING_LINKS setsz::catalog setsz::extract setsz::fit setsz::halos setsz::model_data setsz::paint setsz::predict setsz::sky_kernels setsz::train setsz::voxelize)
setsz_benchmark(scaling SOURCES scaling.cpp scaling_main.cpp
  LINKS ${SCALING_LINKS} setsz::halo_model)
# Counts what a run really sends: LD_PRELOAD.
add_library(mpi_traffic MODULE mpi_traffic.cpp)
target_include_directories(mpi_traffic PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(mpi_traffic PRIVATE MPI::MPI_C setsz_warnings)
target_compile_definitions(mpi_traffic PRIVATE OMPI_SKIP_MPICXX)
set_target_properties(mpi_traffic PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
# What is replayed against what is counted.
setsz_test(scaling SOURCES scaling.cpp scaling_test.cpp scaling_work_test.cpp mpi_traffic.cpp
  LINKS ${SCALING_LINKS} RANKS 1 2 3)
setsz_test(scaling_networks SOURCES scaling.cpp scaling_networks_test.cpp mpi_traffic.cpp
  LINKS ${SCALING_LINKS} setsz::train_work setsz::predict_work RANKS 1 2 3)
