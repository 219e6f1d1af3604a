// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/paint_stage.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "io/json_file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/snapshot_check.hpp"
#include "stages/paint/box_report.hpp"
#include "stages/paint/box_work.hpp"

namespace setsz {
namespace {

constexpr std::int64_t mass_bins = 3;
/// Sums over pixels, cells and haloes may differ by this, relative (float64, many terms).
constexpr double sum_tolerance = 1e-6;

// CPU seconds, measured on one core with the other one busy.
constexpr double seconds_per_grid_cell = 9e-8;  ///< transform, maps, writing; per field
constexpr double seconds_per_point = 1.5e-8;    ///< put onto the grid
constexpr double seconds_per_voxel_read = 1e-8, seconds_per_halo = 1e-5, seconds_per_gas_row = 2e-7;

double cluster_seconds(double n_voxels, double r200, double cell) {
  double const voxel = 5 * r200 / n_voxels;
  double const cuts = std::clamp(std::ceil(2 * voxel / cell), 1.0, 8.0);
  double const inside = 4 * std::numbers::pi / 3 * std::pow(network_reach_r200 * r200 / voxel, 3);
  return std::pow(n_voxels, 3) * seconds_per_voxel_read +
         inside * std::pow(cuts, 3) * seconds_per_point;
}

double fill_seconds(double cut_r200, double r200, double cell) {
  double const spacing = std::min(cell / (2 * r200), cut_r200 / 4);
  double const points = 4 * std::numbers::pi / 3 * std::pow(cut_r200 / spacing, 3);
  return seconds_per_halo + points * seconds_per_point;
}

/// As if the cells of gas had equal volumes.
double gas_seconds(double n_rows, double box, double cell) {
  double const radius = box * std::cbrt(3 / (4 * std::numbers::pi * std::max(n_rows, 1.0)));
  double const across = std::min(2 + 2 * radius / cell, 12.0);
  double const points = std::numbers::pi / 6 * std::pow(across, 3);
  return n_rows * (seconds_per_gas_row + points * seconds_per_point);
}

FieldInfo const pressure_info = {.unit = "1e10 Msun/h (km/s)^2 (ckpc/h)^-3",
                                 .a_power = -3,
                                 .h_power = 2,
                                 .frame = "box",
                                 .description =
                                     "comoving electron pressure, mean over the cell; (x, y, z), "
                                     "cell i spans [i, i + 1) box/n; cloud in cell"};

void write_grid(Comm const& comm, H5File& file, std::string const& name, SlabGrid const& grid) {
  std::vector<float> cells;
  collectively(comm, "paint: checking the grid", [&] {
    double const volume = grid.cell_volume();
    for (double const pv : grid.values()) {
      require(std::isfinite(pv), ExitCode::internal, "a cell of ", name, " is not finite");
      cells.push_back(single(pv / volume));
    }
  });
  file.create_dataset<float>(name, pressure_info, grid.n(), {grid.n(), grid.n()});
  file.write_rows(name, std::min(grid.planes().first, grid.n()), cells);
}

/// The three y maps of a grid; returns its mean y.
double write_maps(Comm const& comm, H5File& file, std::string const& suffix, SlabGrid const& grid,
                  ColumnSums const& sums, ClusterTable const& table) {
  double const area = grid.cell_ckpch() * grid.cell_ckpch();
  auto const to_y = [&](std::vector<double> values) {
    for (double& value : values) value = units::compton_y(value / area, table.a, table.cosmology.h);
    return values;
  };
  std::int64_t const n = grid.n();
  auto const write = [&](std::string const& axis, std::string const& order,
                         std::vector<double> const& values, bool spread) {
    FieldInfo const info = {
        .unit = "1",
        .frame = "box",
        .description = "Compton y through the whole box along " + axis + "; pixels in " + order};
    std::string const name = "/y_" + axis + suffix;
    if (spread)
      file.write_spread(name, info, values, {n});
    else
      file.write_same(name, info, values, {n});
  };
  auto const along_x = to_y(sums.along_x), along_y = to_y(sums.along_y),
             along_z = to_y(sums.along_z);
  write("x", "(y, z)", along_x, false);
  write("y", "(x, z)", along_y, true);
  write("z", "(x, y)", along_z, true);
  // The sum rule, for each axis: sum of y A = (sigma_T/m_e c^2) sum of P V (one d_A for all).
  double const mean = units::compton_y(sums.total / (grid.box_ckpch() * grid.box_ckpch()), table.a,
                                       table.cosmology.h);
  double worst = 0;
  for (auto const& map : {along_x, comm.all_gather_v(along_y), comm.all_gather_v(along_z)}) {
    double sum = 0;
    for (double const y : map) sum += y;
    worst = std::max(worst, std::abs(sum - mean * real(n * n)));
  }
  collectively(comm, "paint: sums of the maps", [&] {
    require(worst <= sum_tolerance * mean * real(n * n), ExitCode::internal,
            "the y maps do not hold the grid's pressure: off by ", worst / real(n * n), " of ",
            mean);
  });
  return mean;
}

/// Y within 2 R200 of every cluster, painted (before the partition) and of the gas.
std::vector<ClusterY> cluster_ys(Comm const& comm, Population const& population,
                                 std::vector<ClusterSum> const& sums, std::string const& pressure) {
  std::vector<ClusterY> mine;
  collectively(comm, "paint: Y of the gas", [&] {
    CubeFile const file(pressure);
    Range const part = even_range(std::ssize(sums), comm.rank(), comm.size());
    for (std::int64_t i = part.first; i < part.last; ++i) {
      auto const& sum = sums[i];
      auto const& cluster = population.cluster(sum.row);
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

}  // namespace

void PaintOptions::declare(OptionList& options) {
  options.add("n_grid", n_grid, {.help = "cells a side of the grid", .min = 2, .max = 32768});
  options.add("true_field", true_field,
              {.help = "put the gas of the snapshot on the same grid and compare"});
  PopulationOptions::declare(options);
}

PaintStage::PaintStage(Blueprint const& blueprint, SnapshotInstance const& instance,
                       MapInstance const& map)
    : instance_(instance),
      names_(blueprint.axes, instance.name, map.model),
      voxelize_(blueprint.configuration.get<VoxelizeOptions>()),
      run_directory_(blueprint.configuration.get<RunOptions>().directory) {
  record_ = {.stage = "paint", .instance = instance.name + "/" + map.name, .version = 2};
  options_ = record_.take<PaintOptions>(blueprint.configuration, map.section);
  record_.inputs = names_.inputs(options_);
  record_.settings.add("paint.network", map.model.empty() ? "none" : names_.member.name());
  record_.outputs = {"box.h5", "maps.h5", "spectra.json"};
  if (!options_.true_field) return;
  record_.settings.add("voxelize.cell_size", static_cast<int>(voxelize_.cell_size));
  record_.inputs.push_back(products::pressure(instance_.name));
  for (auto const& name : instance_.gas_products()) record_.inputs.push_back(name);
  record_.files = [instance] { return instance.gas_files(); };
}

Estimate PaintStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const table = expected_clusters(outlook, names_.snapshot);
  auto const n = real(options_.n_grid);
  double const cell = table.box_ckpch / n, cells = n * n * n,
               n_fields = options_.true_field ? 2 : 1;
  double seconds = n_fields * cells * seconds_per_grid_cell;
  for (auto const& cluster : table.clusters)
    seconds += cluster_seconds(real(voxelize_.n_voxels), cluster.r200c, cell);
  ExpectedFill fill;
  if (options_.fill) {
    fill = expected_fill(outlook, names_.snapshot);
    double of_some = 0;
    for (double const r200c : fill.r200c)
      of_some += fill_seconds(options_.fill_cut_r200, r200c, cell);
    if (!fill.r200c.empty()) seconds += of_some * real(fill.n) / real(fill.r200c.size());
  }
  if (options_.true_field) {
    auto const gas = expected_snapshot(outlook, instance_, Snapshot::Kind::gas);
    seconds += gas_seconds(real(gas.n_rows), table.box_ckpch, cell);
  }
  Estimate estimate;
  // Grid, transform and FFTW's buffer of one field at a time; the map along x is whole on a rank.
  double const slab_bytes = 8 * std::ceil(n / n_ranks) * n * n;
  estimate.memory_bytes = slab_bytes * (2 * n_fields + 1) + 16 * n * n + 7.5e7;
  estimate.output_bytes = n_fields * (4 * cells + 24 * n * n);
  estimate.seconds = seconds / n_ranks;
  estimate.note = concat(options_.n_grid, "^3 cells, ", table.size(), " clusters, ", fill.n,
                         " haloes of the fill");
  return estimate;
}

void PaintStage::run(Context& context) {
  auto const& comm = context.comm();
  std::optional<Population> population;
  std::optional<Snapshot> gas;
  if (options_.true_field)
    gas = open_snapshot(comm, instance_, run_directory_, Snapshot::Kind::gas);
  collectively(comm, "paint: opening the inputs", [&] {
    population.emplace(names_, options_,
                       [&](std::string const& name) { return context.product(name); });
    if (gas)
      check_belongs_together(gas->header(), gas->files().front(), population->table(),
                             instance_.tolerance);
  });
  auto const& table = population->table();
  GridFourier const fourier(comm, options_.n_grid);
  BoxWork work(context, *population, options_.n_grid, fourier.planes());
  work.run(gas ? &*gas : nullptr, voxelize_.cell_size);

  // What the haloes hold is what the cells hold.
  auto const totals = work.totals();
  auto const sums = column_sums(comm, work.clusters_and_fill());
  collectively(comm, "paint: sums of the grid", [&] {
    double const wanted = totals.clusters + totals.fill;
    require(std::abs(sums.total - wanted) <= sum_tolerance * std::abs(wanted), ExitCode::internal,
            "the grid holds ", sums.total, " of the ", wanted, " that was painted");
  });

  auto box = H5File::create(comm, context.part("box.h5"));
  auto maps = H5File::create(comm, context.part("maps.h5"));
  for (auto* file : {&box, &maps}) {
    file->set_attribute("/", "format_version", std::int64_t{1});
    file->set_attribute("/", "box_ckpch", table.box_ckpch);
    file->set_attribute("/", "redshift", table.redshift);
    file->set_attribute("/", "n_grid", options_.n_grid);
    file->set_attribute("/", "fill_cut_r200", options_.fill ? options_.fill_cut_r200 : 0.0);
    file->set_attribute("/", "partition",
                        std::string("smallest r/R200 within 2 R200 of a cluster; fill outside"));
  }
  write_grid(comm, box, "/pressure", work.clusters_and_fill());
  double const mean_y = write_maps(comm, maps, "", work.clusters_and_fill(), sums, table);
  double mean_y_gas = 0;
  if (gas) {
    write_grid(comm, box, "/pressure_gas", work.gas());
    mean_y_gas = write_maps(comm, maps, "_gas", work.gas(), column_sums(comm, work.gas()), table);
  }
  box.close();
  maps.close();

  auto const painted_modes = fourier.transform(work.clusters_and_fill().values());
  auto const gas_modes = gas ? fourier.transform(work.gas().values()) : painted_modes;
  // The grids hold sums over cells; spectra are of the pressure.
  auto spectra = grid_spectra(comm, options_.n_grid, fourier.planes(), painted_modes, gas_modes);
  double const per_volume2 = std::pow(work.clusters_and_fill().cell_volume(), -2);
  for (auto* values : {&spectra.first, &spectra.second, &spectra.crossed})
    for (double& value : *values) value *= per_volume2;

  auto report = spectra_report(spectra, options_.n_grid, table.box_ckpch, gas.has_value());
  auto const to_mean_y = [&](double pv) {
    return units::compton_y(pv / (table.box_ckpch * table.box_ckpch), table.a, table.cosmology.h);
  };
  report["format_version"] = 1;
  report["mean_y"] = {{"painted", mean_y},
                      {"clusters", to_mean_y(totals.clusters)},
                      {"fill", to_mean_y(totals.fill)},
                      {"removed_from_clusters", to_mean_y(totals.clusters_removed)},
                      {"removed_from_fill", to_mean_y(totals.fill_removed)}};
  auto const cluster_sums = work.cluster_sums();
  auto& removed = report["clusters"] = nlohmann::json::array();
  for (auto const& sum : cluster_sums) {
    auto const& cluster = population->cluster(sum.row);
    removed.push_back(
        {{"row", sum.row}, {"id", cluster.id}, {"painted", sum.painted}, {"removed", sum.removed}});
  }
  if (gas) {
    report["mean_y"]["gas"] = mean_y_gas;
    auto const ys = cluster_ys(comm, *population, cluster_sums,
                               context.product(products::pressure(names_.snapshot)));
    report["Y_by_mass"] = y_by_mass(ys, mass_bins);
    report["Y_painted_over_gas"] = y_by_mass(ys, 1);
  }
  write_json(comm, context.part("spectra.json"), report);

  context.note("clusters", std::ssize(cluster_sums));
  context.note("fill_haloes", totals.n_fill);
  context.note("mean_y", report["mean_y"]);
  if (gas) {
    context.note("mean_y_painted_over_gas", mean_y / mean_y_gas);
    context.note("mean_y_clusters_over_gas", to_mean_y(totals.clusters) / mean_y_gas);
    if (!report["Y_painted_over_gas"].empty())
      context.note("Y_painted_over_gas", report["Y_painted_over_gas"][0]["Y_painted_over_gas"]);
    context.note("Y_by_mass", report["Y_by_mass"]);
    context.note("k_at_r_0.9", report["k_at_r_0.9"]);
    context.note("k_at_r_0.5", report["k_at_r_0.5"]);
  }
}

void add_paint_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& instance : blueprint.snapshots)
    for (auto const& map : blueprint.axes.maps("paint"))
      stages.push_back(std::make_unique<PaintStage>(blueprint, instance, map));
}

}  // namespace setsz
