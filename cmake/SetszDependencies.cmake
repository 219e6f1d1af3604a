# SPDX-License-Identifier: BSD-3-Clause
# Everything setsz uses from outside, as imported targets. Debian names stand in jobs/build.sh.
find_package(PkgConfig REQUIRED)

# MPI::MPI_C only: MPI::MPI_CXX links the obsolete C++ bindings.
set(MPI_CXX_SKIP_MPICXX ON)
find_package(MPI REQUIRED COMPONENTS C)

set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 REQUIRED COMPONENTS C)
if(NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR "this HDF5 is serial; setsz needs the parallel one (Debian: libhdf5-openmpi-dev)")
endif()
add_library(setsz_hdf5 INTERFACE)
target_include_directories(setsz_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(setsz_hdf5 INTERFACE ${HDF5_C_LIBRARIES} MPI::MPI_C)

find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(nlohmann_json REQUIRED)
find_package(Ceres REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(CFITSIO REQUIRED IMPORTED_TARGET cfitsio)
pkg_check_modules(FFTW REQUIRED IMPORTED_TARGET fftw3)
find_library(FFTW_MPI_LIBRARY fftw3_mpi REQUIRED)
find_library(HEALPIX_CXX_LIBRARY healpix_cxx REQUIRED)
find_path(HEALPIX_CXX_INCLUDE_DIR healpix_cxx/healpix_base.h REQUIRED)
find_package(Torch REQUIRED)

if(SETSZ_BUILD_TESTS)
  # The tests' Python modules (h5py, healpy) are Debian's: its interpreter comes first, before one
  # that a version manager may have put into PATH.
  if(NOT DEFINED Python3_EXECUTABLE AND EXISTS /usr/bin/python3)
    set(Python3_EXECUTABLE /usr/bin/python3)
  endif()
  find_package(GTest REQUIRED)
endif()
