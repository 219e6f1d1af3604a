// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/catalogs/format.hpp"

namespace setsz {

/// A plain table in text, columns by blanks or commas: a line of names (with or without #) that has
/// at least id, x, y, z, vx, vy, vz and a mass (m200c, ...), each with its unit in brackets:
/// x[Mpc/h], m200c[Msun/h], vx[km/s]. Also r200c, pid (-1: a host), xoff, voff, jx, jy, jz.
CatalogFormat table_format();

}  // namespace setsz
