// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/work_items.hpp"

#include <algorithm>
#include <numeric>

namespace setsz {

std::vector<std::int32_t> voxels_to_predict(CubeLattice const& lattice) {
  std::vector<std::int32_t> voxels;
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t) {
    voxels.push_back(static_cast<std::int32_t>(voxel));
  });
  return voxels;
}

std::vector<WorkItem> cut_into_items(std::vector<std::int64_t> const& n_voxels,
                                     std::int64_t block_voxels) {
  std::vector<WorkItem> items;
  for (std::size_t cube = 0; cube < n_voxels.size(); ++cube)
    for (std::int64_t first = 0; first < n_voxels[cube]; first += block_voxels)
      items.push_back(
          {static_cast<std::int64_t>(cube), first, std::min(first + block_voxels, n_voxels[cube])});
  return items;
}

}  // namespace setsz
