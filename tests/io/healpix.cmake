# SPDX-License-Identifier: BSD-3-Clause
setsz_test(io_healpix_map SOURCES ${CMAKE_CURRENT_LIST_DIR}/healpix_map_test.cpp
  LINKS setsz::healpix RANKS 1 2 3)
