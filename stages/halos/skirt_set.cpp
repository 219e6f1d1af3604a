// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/skirt_set.hpp"

#include <algorithm>
#include <cmath>

namespace setsz {

SkirtSet::SkirtSet(SnapshotClusters const& clusters, Profile const& shape, std::vector<double> edge,
                   std::optional<SampleDraw> draw)
    : clusters_(clusters), edge_(std::move(edge)), draw_(std::move(draw)) {
  auto const& table = clusters_.table;
  if (table.clusters.empty()) return;
  double const r200_max = std::ranges::max(table.clusters, {}, &Cluster::r200c).r200c;
  // Neighbours are looked for at their nearest images.
  require(4 * skirt_reach_r200 * r200_max < table.box_ckpch, ExitCode::config, "two skirts of ",
          skirt_reach_r200, " R200 = ", skirt_reach_r200 * r200_max,
          " ckpc/h do not fit into half of the box of ", table.box_ckpch,
          " ckpc/h; set skirt = no");
  pressures_ = clusters_.family(shape, skirt_reach_r200, network_reach_r200);
  densities_ = clusters_.family(clusters_.density, skirt_reach_r200, network_reach_r200);
}

std::vector<BoxHalo> SkirtSet::read(Range rows) const {
  std::vector<BoxHalo> halos;
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    halos.push_back(clusters_.halo(row, skirt_reach_r200 * clusters_.table.clusters[row].r200c));
    halos.back().strength = edge_of(row, 0);
  }
  return halos;
}

double SkirtSet::edge_of(std::int64_t row, std::int64_t sample) const {
  std::int64_t const n = draw_ ? draw_->n_samples : 1;
  return std::max(0.0, edge_[row * n + std::max<std::int64_t>(sample - 1, 0)]);
}

void SkirtSet::draw(HaloImage& image) const {
  if (!draw_) return;
  image.halo.sample = draw_->sample_of(image.halo.id, image.cell);
  image.halo.strength = edge_of(image.halo.row, image.halo.sample);
}

HaloGas SkirtSet::gas_of(BoxHalo const& halo, Field const& field) const {
  auto const& family = field.is_pressure ? pressures_ : densities_;
  return {ProfileGas{&*family, halo.mass, halo.r200},
          clusters_.claims_on_cluster(halo, skirt_reach_r200)};
}

}  // namespace setsz
