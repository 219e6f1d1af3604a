// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_work.hpp"

#include <algorithm>

#include "stages/halos/halo_layer_work.hpp"
#include "stages/halos/painting_work.hpp"

namespace setsz {

namespace {

DistanceTable distances_for(std::vector<SkyPart> const& parts) {
  double farthest = 0;
  for (auto const& part : parts) farthest = std::max(farthest, part.shell.max);
  auto const& cosmology = parts.front().population->table().cosmology;
  return {cosmology, cosmology.redshift_at(farthest)};
}

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

SkySources::SkySources(std::vector<SkyPart> const& parts, Viewpoint const& view)
    : distances_(distances_for(parts)) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto const& [population, shell] = parts[i];
    auto const& table = population->table();
    auto const& placement = placements_.emplace_back(
        table.cosmology,
        Tiling(table.box_ckpch, table.box_ckpch * view.observer, shell, view.repetition),
        distances_);
    for (auto const& set : population->sets())
      all_.push_back(Source{i, BoxReplicas(*set, placement)});
  }
}

std::vector<HalosAndSkirts> SkySources::halos() const {
  std::vector<HalosAndSkirts> all;
  for (auto const& [part, source] : all_)
    if (source.kind() == HaloKind::skirt)
      all.back().skirts = &source;  // of the clusters of the same snapshot, which come first
    else
      all.push_back({&source, nullptr, placements_[part].lattice().box()});
  return all;
}

std::int64_t SkySources::n_boxes() const {
  std::int64_t n = 0;
  for (auto const& placement : placements_) n += placement.n_replicas();
  return n;
}

std::vector<SkyTotals> paint_sky(Context& context, std::vector<SkyPart> const& parts,
                                 SkySources const& sources, FieldMaps& maps) {
  auto const& comm = context.comm();
  double const memory = 1e6 * context.options().memory_mb;
  std::deque<HaloLayer> layers;
  std::vector<Layer*> in_order;
  for (auto const& [part, source] : sources.all())
    in_order.push_back(&layers.emplace_back(comm, "sky", source, sheets_of(maps), memory));
  auto const repeats = repeats_of(comm, sources.lattice(), parts);
  paint_layers(context, {"sky", "haloes"}, canvases_of(maps), in_order);
  std::vector<SkyTotals> totals;
  for (auto const& map : maps) {
    Tally const none(map.field.quantum_sr);
    auto& own = totals.emplace_back(SkyTotals{none, none, none, sources.n_boxes(), repeats});
    for (auto const& layer : layers)
      own.of(layer.kind()).add(over_ranks(comm, layer.tallies()[totals.size() - 1]).state());
  }
  return totals;
}

}  // namespace setsz
