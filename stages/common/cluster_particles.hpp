// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "stages/common/cell_grid.hpp"

namespace setsz {

/// The particles of one cluster, in the canonical order: cells in grid order, inside a cell by a
/// hash of the particle's id, so that any prefix of a cell is a fair subsample of it.
struct ClusterParticles {
  std::vector<float> x, y, z;     ///< position minus the catalogue's, minimum image [ckpc/h]
  std::vector<float> vx, vy, vz;  ///< peculiar velocity minus the halo's [km/s]
  CellGrid grid;
  std::vector<std::int32_t> first_in_cell;  ///< (n_cells + 1), rows of x, y, z

  std::int64_t size() const { return std::ssize(x); }
};

/// The same from particles in any order: inside a cell they keep theirs. For tests and tools.
///
/// \pre all arrays have the same length; |x|, |y|, |z| < grid.half_side()
ClusterParticles sorted_into_cells(ClusterParticles const& unsorted, CellGrid const& grid);

}  // namespace setsz
