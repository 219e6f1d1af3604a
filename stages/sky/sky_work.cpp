// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_work.hpp"

#include <algorithm>
#include <deque>
#include <memory>

#include "stages/halos/halo_layer_work.hpp"
#include "stages/halos/painting_work.hpp"
#include "stages/sky/sky_placement.hpp"

namespace setsz {

DistanceTable distances_for(std::vector<SkyPart> const& parts) {
  double farthest = 0;
  for (auto const& part : parts) farthest = std::max(farthest, part.shell.max);
  auto const& cosmology = parts.front().population->table().cosmology;
  return {cosmology, cosmology.redshift_at(farthest)};
}

namespace {

/// Collective. Boxes of several snapshots have the same length, or nearly so.
SightRepeats repeats_of(Comm const& comm, Lattice const& lattice,
                        std::vector<SkyPart> const& parts) {
  DistanceShell sky = parts.front().shell;
  for (auto const& part : parts)
    sky = {std::min(sky.min, part.shell.min), std::max(sky.max, part.shell.max)};
  auto const mine =
      count_repeats(lattice, sky, even_range(n_sight_lines, comm.rank(), comm.size()));
  return {comm.all_sum(mine.n_lines), comm.all_max(mine.largest), comm.all_sum(mine.sum_largest)};
}

}  // namespace

Tally SkyTotals::halos() const {
  Tally sum = clusters;
  sum.add(fill.state());
  return sum;
}

Tally SkyTotals::all() const {
  Tally sum = halos();
  sum.add(skirts.state());
  return sum;
}

Tally& SkyTotals::of(HaloKind kind) {
  return kind == HaloKind::cluster ? clusters : kind == HaloKind::skirt ? skirts : fill;
}

std::vector<SkyTotals> paint_sky(Context& context, std::vector<SkyPart> const& parts,
                                 Viewpoint const& view, FieldMaps& maps) {
  auto const& comm = context.comm();
  auto const distances = distances_for(parts);
  double const memory = 1e6 * context.options().memory_mb;
  std::deque<SkyPlacement> placements;  // they stay where they are
  std::deque<BoxReplicas> sources;
  std::deque<HaloLayer> layers;
  std::vector<Layer*> in_order;
  std::int64_t n_boxes = 0;
  for (auto const& [population, shell] : parts) {
    auto const& table = population->table();
    auto const& placement = placements.emplace_back(
        table.cosmology,
        Tiling(table.box_ckpch, table.box_ckpch * view.observer, shell, view.repetition),
        distances);
    n_boxes += placement.n_replicas();
    for (auto const& set : population->sets()) {
      auto const& source = sources.emplace_back(*set, placement);
      in_order.push_back(&layers.emplace_back(comm, "sky", source, sheets_of(maps), memory));
    }
  }
  auto const repeats = repeats_of(comm, placements.front().lattice(), parts);
  paint_layers(context, "sky", canvases_of(maps), in_order);
  std::vector<SkyTotals> totals;
  for (auto const& map : maps) {
    Tally const none(map.field.quantum_sr);
    auto& own = totals.emplace_back(SkyTotals{none, none, none, n_boxes, repeats});
    for (auto const& layer : layers)
      own.of(layer.kind()).add(over_ranks(comm, layer.tallies()[totals.size() - 1]).state());
  }
  return totals;
}

}  // namespace setsz
