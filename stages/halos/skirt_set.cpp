// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/skirt_set.hpp"

#include <algorithm>
#include <cmath>

namespace setsz {

SkirtSet::SkirtSet(SnapshotClusters const& clusters, Profile const& shape, std::vector<double> edge)
    : clusters_(clusters), edge_(std::move(edge)) {
  auto const& table = clusters_.table;
  if (table.clusters.empty()) return;
  auto const [least, most] = std::ranges::minmax_element(table.clusters, {}, &Cluster::m200c);
  // Neighbours are looked for at their nearest images.
  require(4 * skirt_reach_r200 * most->r200c < table.box_ckpch, ExitCode::config, "two skirts of ",
          skirt_reach_r200, " R200 = ", skirt_reach_r200 * most->r200c,
          " ckpc/h do not fit into half of the box of ", table.box_ckpch,
          " ckpc/h; set skirt = no");
  family_.emplace(shape, least->m200c, most->m200c, skirt_reach_r200, network_reach_r200);
}

std::vector<BoxHalo> SkirtSet::read(Range rows) const {
  std::vector<BoxHalo> halos;
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    if (edge_[row] <= 0) continue;
    halos.push_back(clusters_.halo(row, skirt_reach_r200 * clusters_.table.clusters[row].r200c));
    halos.back().strength = edge_[row];
  }
  return halos;
}

HaloGas SkirtSet::gas_of(BoxHalo const& halo) const {
  return {ProfileGas{&*family_, halo.mass, halo.r200},
          clusters_.claims_on_cluster(halo, skirt_reach_r200)};
}

}  // namespace setsz
