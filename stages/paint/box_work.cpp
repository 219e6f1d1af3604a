// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_work.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

#include "stages/common/cube_file.hpp"
#include "stages/halos/halo_layer_work.hpp"
#include "stages/halos/painting_work.hpp"

namespace setsz {
namespace {

/// A sum that no term of the painting exceeds, over 1e9: the quantum of the totals.
double quantum_of(ClusterTable const& table, Field const& field) {
  double mass = table.mass_min;
  for (auto const& cluster : table.clusters) mass = std::max(mass, cluster.m200c);
  auto const scales = halo_scales(table.cosmology, table.redshift, mass);
  BoxHalo const largest = {.mass = mass, .r200 = scales.r200c_ckpch, .p200 = scales.p200_code};
  return 1e-9 * field.of_halo(largest, 0) * std::pow(scales.r200c_ckpch, 3);
}

}  // namespace

BoxTotals paint_box(Context& context, Population const& population, Field const& field,
                    BoxCanvas& canvas) {
  auto const& comm = context.comm();
  double const quantum = quantum_of(population.table(), field);
  double const memory = 1e6 * context.options().memory_mb;
  std::vector<HaloLayer::Sheet> const sheets = {{field, canvas, quantum}};
  BoxPlacement const placement;
  std::deque<BoxReplicas> sources;  // they stay where they are
  std::deque<HaloLayer> layers;
  std::vector<Layer*> in_order;
  std::array<Canvas*, 1> const canvases = {&canvas};
  for (auto const& set : population.sets()) {
    auto const keep =
        set->kind() == HaloKind::fill ? HaloLayer::Keep::sums : HaloLayer::Keep::every_image;
    auto const& source = sources.emplace_back(*set, placement);
    in_order.push_back(&layers.emplace_back(comm, "paint", source, sheets, memory, keep));
  }
  paint_layers(context, {"paint", "haloes"}, canvases, in_order);
  BoxTotals totals{Tally(quantum), Tally(quantum), Tally(quantum)};
  for (auto const& layer : layers) {
    bool const clusters = layer.kind() == HaloKind::cluster,
               skirts = layer.kind() == HaloKind::skirt;
    (clusters ? totals.clusters
     : skirts ? totals.skirts
              : totals.fill)
        .add(over_ranks(comm, layer.tallies().front()).state());
    if (clusters) totals.each_cluster = all_images(comm, layer);
    if (skirts) totals.each_skirt = all_images(comm, layer);
  }
  return totals;
}

std::vector<ClusterY> cluster_ys(Comm const& comm, ClusterTable const& table,
                                 std::vector<ImageSum> const& sums, std::string const& pressure) {
  std::vector<ClusterY> mine;
  collectively(comm, "paint: Y of the gas", [&] {
    CubeFile const file(pressure);
    Range const part = even_range(std::ssize(sums), comm.rank(), comm.size());
    for (std::int64_t i = part.first; i < part.last; ++i) {
      auto const& sum = sums[i];
      auto const& cluster = table.clusters[sum.row];
      auto const cube = file.find(sum.row);
      require(cube.has_value(), ExitCode::bad_data, "'", pressure, "' has no cube of row ",
              sum.row);
      auto const values = file.read(*cube);
      auto const lattice = file.lattice(*cube, cluster.r200c);
      double total = 0;
      lattice.each_within(network_reach_r200,
                          [&](std::size_t voxel, std::size_t) { total += values[voxel]; });
      double const voxel = lattice.voxel_r200() * cluster.r200c;
      mine.push_back(
          {cluster.m200c, sum.painted + sum.removed, total * voxel * voxel * voxel * cluster.p200});
    }
  });
  return comm.all_gather_v(mine);
}

}  // namespace setsz
