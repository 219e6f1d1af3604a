// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/paint/slab_grid.hpp"

namespace setsz {

/// Comoving pressure integrated along x, y and z: sums of P V over the columns.
struct ColumnSums {
  std::vector<double> along_x;  ///< (n, n) in (y, z); whole on every rank
  std::vector<double> along_y;  ///< (planes, n) in (x, z); this rank's planes
  std::vector<double> along_z;  ///< (planes, n) in (x, y)
  double total = 0;             ///< of all cells; the same on every rank
};
/// Collective. Sums go in the order of the planes, whatever the number of ranks.
ColumnSums column_sums(Comm const& comm, SlabGrid const& grid);

}  // namespace setsz
