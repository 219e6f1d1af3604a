// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/catalogs/format.hpp"

namespace setsz {

/// A plain table with columns id, x, y, z, vx, vy, vz, m200c, ...: text (blanks or commas, also
/// packed), HDF5 or FITS. Units stand in the file, or in CatalogRequest::columns.
CatalogFormat table_format();

}  // namespace setsz
