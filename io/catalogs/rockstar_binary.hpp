// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/catalogs/format.hpp"

namespace setsz {

/// halos_N.*.bin of Rockstar 0.99.9 (format revision 1): a head of 256 bytes, haloes of 264 bytes,
/// ids of particles. The file does not say which overdensity its main mass has; the radii do.
/// \source Rockstar's io/io_internal.h (struct binary_output_header) and halo.h (struct halo)
CatalogFormat rockstar_binary_format();

}  // namespace setsz
