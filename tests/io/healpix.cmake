# SPDX-License-Identifier: BSD-3-Clause
setsz_test(io_healpix_map SOURCES ${CMAKE_CURRENT_LIST_DIR}/healpix_map_test.cpp
  LINKS setsz::healpix RANKS 1 2 3)
setsz_test(io_sky_image SOURCES ${CMAKE_CURRENT_LIST_DIR}/sky_image_test.cpp
  LINKS setsz::healpix RANKS 1 2 3)
setsz_test(io_row_table SOURCES ${CMAKE_CURRENT_LIST_DIR}/row_table_test.cpp
  LINKS setsz::healpix RANKS 1 2 3)
