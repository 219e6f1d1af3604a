// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// The voxels of a cluster with r < 2 R200, in the cube's order.
std::vector<std::int32_t> voxels_to_predict(CubeLattice const& lattice);

/// A block of voxels of one cluster: a unit of work and of restart.
struct WorkItem {
  std::int64_t cube = 0;         ///< index in the list of predicted clusters
  std::int64_t first_voxel = 0;  ///< in its list of voxels to predict
  std::int64_t last_voxel = 0;
};

/// All items, cluster by cluster; the index in this list is the item's number.
/// \param n_voxels  per predicted cluster
std::vector<WorkItem> cut_into_items(std::vector<std::int64_t> const& n_voxels,
                                     std::int64_t block_voxels);

}  // namespace setsz
