// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/voxelize_stage.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <numeric>
#include <optional>

#include "io/snapshot.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "pipeline/run/work_loop.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/slice_order.hpp"
#include "stages/common/snapshot_check.hpp"
#include "stages/voxelize/cube_search.hpp"
#include "stages/voxelize/pressure_file.hpp"
#include "stages/voxelize/voxelize_work.hpp"

namespace setsz {
namespace {

double volume_of(GasRows const& gas) {
  double volume = 0;
  for (std::size_t i = 0; i < gas.mass.size(); ++i) volume += gas.mass[i] / gas.density[i];
  return volume;
}

/// What the gas says of its own fields, by what this process has read since it began.
class Tally {
 public:
  void add(GasRows const& gas) {
    n_read_ += std::ssize(gas.mass);
    n_cold_ += std::ranges::count(gas.electron_pressure, 0.0);
    n_hot_ += gas.n_hot;
    electrons_ += gas.hot_electrons;
    for (std::size_t i = 0; i < gas.smoothing_length.size(); ++i)
      log_neighbours_ += std::log(4 * std::numbers::pi / 3 * std::pow(gas.smoothing_length[i], 3) *
                                  gas.density[i] / gas.mass[i]);
  }
  /// Collective; the same on all ranks.
  GasFigures figures(Comm const& comm) const {
    auto const sum = [&](double mine) {
      double all = 0;
      for (double const part : comm.all_gather(mine)) all += part;
      return all;
    };
    constexpr std::int64_t enough = 100;
    auto const n_read = comm.all_sum(n_read_), n_hot = comm.all_sum(n_hot_);
    double const electrons = sum(electrons_), log_neighbours = sum(log_neighbours_);
    GasFigures figures;
    if (n_read > 0) figures.cold_share = real(comm.all_sum(n_cold_)) / real(n_read);
    if (n_read > 0) figures.neighbours = std::exp(log_neighbours / real(n_read));
    if (n_hot >= enough) figures.hot_electrons = electrons / real(n_hot);
    return figures;
  }

 private:
  std::int64_t n_read_ = 0, n_cold_ = 0, n_hot_ = 0;
  double electrons_ = 0, log_neighbours_ = 0;
};

/// Sends the gas of some rows to the owners of the cubes that it touches.
void capture(Snapshot const& snapshot, Range rows, CellSize cell_size, Tally& tally,
             CubeGatherer& gatherer) {
  double const widest = snapshot.header().box_ckpch / 2;
  auto const gas = snapshot.read_gas(rows);
  tally.add(gas);
  gatherer.streamed().add(std::accumulate(gas.mass.begin(), gas.mass.end(), 0.0), rows.size(),
                          volume_of(gas));
  for (std::size_t i = 0; i < gas.position.size(); ++i) {
    auto const ball =
        gas_ball(cell_size, gas.position[i], gas.mass[i], gas.density[i], gas.electron_pressure[i],
                 gas.smoothing_length.empty() ? 0 : gas.smoothing_length[i]);
    require(ball.radius < widest, ExitCode::bad_data, "the gas cell in row ",
            gas.first_row + std::int64_t(i), " of '", snapshot.files().front(),
            "' has a radius of ", ball.radius, " ckpc/h, more than half the box; check ",
            cell_size == CellSize::volume ? "Masses and Density" : "SmoothingLength",
            " and their units");
    gatherer.capture(ball);
  }
}

}  // namespace

VoxelizeStage::VoxelizeStage(Configuration const& configuration, SnapshotInstance instance)
    : instance_(std::move(instance)),
      run_directory_(configuration.get<RunOptions>().directory),
      slice_rows_(rows_of_gas_slice(configuration.get<RunOptions>().slice_rows)) {
  record_ = {.stage = "voxelize", .instance = instance_.name, .version = 4};
  record_.settings.add("slice_rows", slice_rows_);
  record_.inputs = instance_.gas_products();
  record_.inputs.push_back(products::clusters(instance_.name));
  record_.outputs = {"pressure.h5"};
  record_.files = [instance = instance_] { return instance.gas_files(); };
  options_ = record_.take<VoxelizeOptions>(configuration);
}

void VoxelizeStage::check_cell_size(Snapshot const& snapshot) const {
  require(
      options_.cell_size == CellSize::volume || snapshot.has_smoothing_length(), ExitCode::bad_data,
      "'", snapshot.files().front(),
      "' has no PartType0/SmoothingLength, which [voxelize] cell_size = smoothing_length requires; "
      "set cell_size = volume if its cells are Voronoi cells");
}

/// What the clusters alone tell of their cubes.
void VoxelizeStage::check_cubes(Outlook const& outlook) const {
  auto const table = known_clusters(outlook, instance_.name);
  if (!table) return;
  for (auto const& cluster : table->clusters) {
    require_cube_fits(PeriodicBox(table->box_ckpch), options_.edge(cluster));
    auto const lattice = options_.lattice(cluster);
    require(lattice.n_shells(score_radius_r200) > 0, ExitCode::config, "of the ", lattice.n,
            "^3 voxels in a cube of ", lattice.edge_r200, " R200 none has its centre within ",
            score_radius_r200, " R200 of cluster ", cluster.id,
            "; raise [voxelize] n_voxels or lower edge or fixed_edge");
  }
}

void VoxelizeStage::preflight(Comm const& comm, Outlook& outlook) const {
  on_root(comm, "", [&] { check_cubes(outlook); });
  if (instance_.section.mock) return;  // its files are products, checked when they are made
  auto const snapshot = open_snapshot(comm, instance_, "", Snapshot::Kind::gas);
  collectively(comm, "voxelize: checking the snapshot", [&] {
    check_cosmology(snapshot.header(), snapshot.files().front(), instance_.cosmology,
                    instance_.tolerance);
    check_cell_size(snapshot);
  });
  on_root(comm, "voxelize: looking at some gas", [&] { snapshot.check_sample(); });
}

Estimate VoxelizeStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const snapshot = expected_snapshot(outlook, instance_, Snapshot::Kind::gas);
  auto const table = expected_clusters(outlook, instance_.name);
  auto const n = real(table.size());
  double const per_rank = std::ceil(n / n_ranks);
  auto const voxels = std::pow(real(options_.n_voxels), 3);
  double captured = 0, touched = 0;
  for (auto const& cluster : table.clusters) {
    auto const load = cube_load(cluster, snapshot);
    captured += load.balls;
    touched += load.voxels;
  }
  constexpr double seconds_per_row = 4e-7, seconds_per_ball = 5e-7, seconds_per_voxel = 2e-8;
  auto const rows = real(snapshot.n_rows);
  Estimate estimate;
  double const slice = std::min(rows, real(slice_rows_)),
               turn =
                   std::min(rows / n_ranks, slice * real(CubeGatherer::slices_of_a_rank(
                                                        outlook.options(), slice_rows_, n_ranks)));
  estimate.memory_bytes = 1.5 * per_rank * CubeGatherer::bytes_per_cube(options_.n_voxels) +
                          slice * CubeGatherer::bytes_per_row +
                          turn * std::min(1.0, captured / rows) * 3 * sizeof(GasBall);
  estimate.output_bytes = n * voxels * 2 * sizeof(float);
  estimate.seconds = (rows * seconds_per_row + captured * seconds_per_ball +
                      touched * seconds_per_voxel + estimate.output_bytes / 1e8) /
                     n_ranks;
  estimate.note =
      concat(table.size(), " cubes of ", options_.n_voxels, "^3, ", snapshot.n_rows, " gas cells");
  return estimate;
}

/// Balls that touch a cube, and voxels that they touch, for gas that follows an NFW profile.
VoxelizeStage::CubeLoad VoxelizeStage::cube_load(Cluster const& cluster,
                                                 SnapshotOutline const& gas) const {
  double const edge = options_.edge(cluster), voxel = edge / real(options_.n_voxels);
  auto header = gas.header;
  double const volume_of_a_cell = std::pow(header.box_ckpch, 3) / real(gas.n_rows);
  // As many cells in a sphere as particles would be in one of their mean mass.
  header.mass_table[1] = header.cosmology.omega_m * units::rho_crit_0 * volume_of_a_cell;
  CubeLoad load;
  constexpr int n_shells = 12;
  double before = 0;
  for (int i = 1; i <= n_shells; ++i) {
    double const radius = 0.62 * edge * i / n_shells;  // of the ball with the cube's volume
    double const within = expected_particles(cluster, radius, header);
    double const shell =
        4 * std::numbers::pi / 3 * (std::pow(radius, 3)) * (1 - std::pow(1 - 1.0 / i, 3));
    double const balls = within - before;
    before = within;
    if (balls <= 0) continue;
    double const overfill = typical_overfill(options_.cell_size);
    double const ball_radius = std::cbrt(0.24 * overfill * shell / balls);
    load.balls += balls;
    load.voxels += balls * std::pow(1 + 1.8 * ball_radius / voxel, 3);
  }
  return load;
}

void VoxelizeStage::run(Context& context) {
  auto const& comm = context.comm();
  auto const snapshot = open_snapshot(comm, instance_, run_directory_, Snapshot::Kind::gas);
  auto const table = read_clusters(comm, context.product(products::clusters(instance_.name)));
  std::vector<Cube> cubes;
  std::vector<double> cost;
  collectively(comm, "voxelize: opening the inputs", [&] {
    check_belongs_together(snapshot.header(), snapshot.files().front(), table, instance_.tolerance);
    check_cell_size(snapshot);
    for (auto const& cluster : table.clusters)
      cubes.push_back({cluster.position, options_.edge(cluster), cluster.r200c});
    cost = cube_costs(table);
  });
  std::optional<CubeGatherer> gatherer;
  collectively(comm, "voxelize: the cubes", [&] {
    gatherer.emplace(comm, PeriodicBox(table.box_ckpch), std::move(cubes), cost, options_.n_voxels);
  });
  auto figures = stream(context, snapshot, *gatherer);
  finish(context, table, *gatherer, std::move(figures));
}

/// Reads the snapshot, slices from all over it at a time, until all gas is in the cubes.
GasFigures VoxelizeStage::stream(Context& context, Snapshot const& snapshot,
                                 CubeGatherer& gatherer) const {
  auto const& comm = context.comm();
  SliceTurns const turns(
      SliceOrder(snapshot.n_rows(), slice_rows_),
      CubeGatherer::slices_of_a_rank(context.options(), slice_rows_, comm.size()));
  Tally tally;
  auto const read_slices = [&](std::int64_t done) {
    collectively(comm, "voxelize: reading the snapshot", [&] {
      turns.each(done, comm.rank(), comm.size(),
                 [&](Range rows) { capture(snapshot, rows, options_.cell_size, tally, gatherer); });
    });
    gatherer.deliver();
    return turns.end(done, comm.size());
  };
  Journal& journal = context.journal();
  work_through(context, {.label = "voxelize",
                         .unit = "slices",
                         .end = turns.n_slices(),
                         .restore = [&] { gatherer.restore(journal); },
                         .step = read_slices,
                         .save = [&](std::int64_t done) { gatherer.save(journal, done); }});
  gatherer.streamed().require_budget(comm, snapshot, budget_of(snapshot.header(), instance_));
  auto figures = tally.figures(comm);
  if (double const volume = gatherer.streamed().volume(); volume > 0)
    figures.filled = volume / std::pow(snapshot.header().box_ckpch, 3);
  if (options_.cell_size != CellSize::smoothing_length)
    figures.neighbours = GasFigures{}.neighbours;
  collectively(comm, "", [&] {
    judge(implausible_fields(figures, instance_.cosmology.h, snapshot.header().a));
  });
  return figures;
}

/// Writes the cubes and notes their figures.
void VoxelizeStage::finish(Context& context, ClusterTable const& table,
                           CubeGatherer const& gatherer, GasFigures figures) const {
  auto const& comm = context.comm();
  auto const mine =
      write_pressure_cubes(comm, context.part("pressure.h5"), options_, table, gatherer);
  double worst_error = 0, worst_empty = 0, filled = 0;
  auto const all = comm.all_gather_v(mine);
  for (auto const& cube : all) {
    worst_error = std::max(worst_error, cube.conservation_error);
    worst_empty = std::max(worst_empty, cube.empty_share);
    filled += cube.filled_mean / real(all.size());
    figures.baryon_share.push_back(cube.baryon_share);
    figures.pressure.push_back(cube.mean_pressure);
  }
  collectively(comm, "", [&] { judge(implausible_gas(figures)); });
  if (figures.cold_share > 0.5)
    Log::warn("voxelize: ", 100 * figures.cold_share,
              "% of the gas cells have no pressure (StarFormationRate > 0)");
  context.note("cubes", table.size());
  context.note("deposits", comm.all_sum(gatherer.n_deposits()));
  context.note("worst_conservation_error", worst_error);
  context.note("mean_coverage_within_2_R200", filled);
  context.note("largest_share_of_empty_voxels", worst_empty);
  if (worst_empty > 0.05)
    Log::warn("voxelize: up to ", 100 * worst_empty,
              "% of the voxels of a cluster within 2 R200 contain no gas (voxels smaller than the "
              "gas cells, or SPH gas); use fewer voxels, or cell_size = smoothing_length for SPH");
}

void VoxelizeStage::judge(std::string const& why) const {
  bool const refuse = options_.implausible_gas == VoxelizeOptions::Implausible::refuse;
  require(why.empty() || !refuse, ExitCode::bad_data, why,
          " [voxelize] implausible_gas = warn accepts it");
  if (!why.empty()) Log::warn("voxelize: ", why);
}

void add_voxelize_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& instance : blueprint.snapshots)
    stages.push_back(std::make_unique<VoxelizeStage>(blueprint.configuration, instance));
}

}  // namespace setsz
