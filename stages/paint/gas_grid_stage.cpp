// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/gas_grid_stage.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/snapshot_check.hpp"
#include "stages/halos/painting_work.hpp"
#include "stages/paint/box_cost.hpp"
#include "stages/paint/box_files_work.hpp"
#include "stages/paint/column_sums_work.hpp"
#include "stages/paint/gas_grid_file.hpp"
#include "stages/paint/gas_layer_work.hpp"

namespace setsz {
namespace {

/// Of sums of P V: 1e-16 of the box' gas at 3000 km/s, far above its mean and far below a cell.
double quantum_of(SnapshotHeader const& header, Cosmology const& cosmology) {
  constexpr double hot = 3000.0 * 3000.0;
  double const mass = units::rho_crit_0 * cosmology.omega_b * std::pow(header.box_ckpch, 3);
  return 1e-16 * hot * mass;
}

}  // namespace

GasGridStage::GasGridStage(Blueprint const& blueprint, SnapshotInstance const& instance,
                           std::int64_t n_grid)
    : instance_(instance),
      voxelize_(blueprint.configuration.get<VoxelizeOptions>()),
      n_grid_(n_grid),
      slice_rows_(rows_of_gas_slice(blueprint.configuration.get<RunOptions>().slice_rows)) {
  record_ = {.stage = "paint", .instance = concat(instance.name, "/gas.", n_grid), .version = 2};
  record_.settings.add("slice_rows", slice_rows_);
  record_.settings.add("paint.n_grid", n_grid);
  record_.settings.add("voxelize.cell_size", static_cast<int>(voxelize_.cell_size));
  record_.inputs = instance_.gas_products();
  record_.files = [instance] { return instance.gas_files(); };
  record_.outputs = {"grid.h5"};
}

Estimate GasGridStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const gas = expected_snapshot(outlook, instance_, Snapshot::Kind::gas);
  double const n = real(n_grid_), rows = real(gas.n_rows), box = gas.header.box_ckpch;
  double const turn =
      std::min(rows / n_ranks,
               real(slice_rows_ * GasLayer::slices_of_a_rank(outlook.options(), slice_rows_)));
  Estimate estimate;
  // The grid; it is written as it lies, and read back in small parts.
  estimate.memory_bytes = 8 * std::ceil(n / n_ranks) * n * n + turn * GasLayer::bytes_a_row + 5e7;
  estimate.output_bytes = 8 * n * n * n;
  estimate.seconds =
      (box_cost::gas_seconds(rows, box, box / n, typical_overfill(voxelize_.cell_size)) +
       estimate.output_bytes / 1e8) /
      n_ranks;
  estimate.note = concat(n_grid_, "^3 cells, ", gas.n_rows, " gas cells");
  return estimate;
}

void GasGridStage::run(Context& context) {
  auto const& comm = context.comm();
  auto const snapshot =
      open_snapshot(comm, instance_, context.options().directory, Snapshot::Kind::gas);
  auto const& header = snapshot.header();
  BoxCanvas canvas(even_planes(n_grid_, comm.size()), comm.rank(), header.box_ckpch);
  SliceTurns const turns(SliceOrder(snapshot.n_rows(), slice_rows_),
                         GasLayer::slices_of_a_rank(context.options(), slice_rows_));
  GasLayer layer(comm, {snapshot, voxelize_.cell_size, turns}, canvas,
                 quantum_of(header, instance_.cosmology));
  std::array<Canvas*, 1> const canvases = {&canvas};
  std::array<Layer*, 1> const layers = {&layer};
  paint_layers(context, {"paint", "slices"}, canvases, layers);
  check_sum(comm, column_sums(comm, canvas.grid()).total,
            over_ranks(comm, layer.tallies().front()).painted());
  write_gas_grid(comm, context.part("grid.h5"), header, canvas.grid());
  context.note("gas_cells", snapshot.n_rows());
}

}  // namespace setsz
