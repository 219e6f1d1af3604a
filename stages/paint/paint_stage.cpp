// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/paint_stage.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "io/json_file.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/expected.hpp"
#include "stages/paint/box_cost.hpp"
#include "stages/paint/box_files_work.hpp"
#include "stages/paint/box_report.hpp"
#include "stages/paint/gas_grid_file.hpp"
#include "stages/paint/gas_grid_stage.hpp"

namespace setsz {
namespace {

constexpr std::int64_t mass_bins = 3;

/// First plane of every rank, then the number of planes.
std::vector<std::int64_t> first_planes(Comm const& comm, GridFourier const& fourier,
                                       std::int64_t n_grid) {
  auto first = comm.all_gather(fourier.planes().first);
  first.push_back(n_grid);
  return first;
}

/// \param disagreeing  rows of clusters whose mass disagrees, ascending
nlohmann::json cluster_list(ClusterTable const& table, BoxTotals const& totals,
                            std::vector<std::int64_t> const& disagreeing) {
  auto list = nlohmann::json::array();
  for (auto const& [row, painted, removed] : totals.each_cluster) {
    auto const skirt = std::ranges::lower_bound(totals.each_skirt, row, {}, &ImageSum::row);
    bool const has_skirt = skirt != totals.each_skirt.end() && skirt->row == row;
    list.push_back({{"row", row},
                    {"id", table.clusters[row].id},
                    {"painted", painted},
                    {"removed", removed},
                    {"skirt", has_skirt ? skirt->painted : 0.0},
                    {"mass_disagrees", std::ranges::binary_search(disagreeing, row)}});
  }
  return list;
}

}  // namespace

void PaintOptions::declare(OptionList& options) {
  options.add("n_grid", n_grid, {.help = "cells a side of the grid", .min = 2, .max = 32768});
  options.add(
      "true_field", true_field,
      {{"automatic", TrueField::automatic}, {"yes", TrueField::yes}, {"no", TrueField::no}},
      {.help = "put the gas of the snapshot on the same grid and compare; automatic: where the "
               "snapshot has gas"});
  PopulationOptions::declare(options);
}

/// The painted grid and that of the gas, and what came of them.
struct PaintStage::Grids {
  BoxCanvas const& painted;
  BoxCanvas const* gas;
  ColumnSums sums;
  std::int64_t n_outside_training;           ///< clusters
  std::vector<std::int64_t> mass_disagrees;  ///< rows of clusters
  double mean = 0, mean_gas = 0;
};

PaintStage::PaintStage(Blueprint const& blueprint, SnapshotInstance const& instance,
                       MapInstance const& map)
    : instance_(instance),
      options_(blueprint.configuration.get<PaintOptions>(map.section)),
      plan_(blueprint, instance, map.model, options_),
      voxelize_(blueprint.configuration.get<VoxelizeOptions>()),
      with_gas_(options_.true_field == TrueField::yes ||
                (options_.true_field == TrueField::automatic && instance.has_gas())) {
  record_ = {.stage = "paint", .instance = instance.name + "/" + map.name, .version = 9};
  auto const options = record_.take<PaintOptions>(blueprint.configuration, map.section);
  options.refuse_halo_keys(blueprint.configuration, map.section, map.model);
  take_profile_numbers(record_, blueprint.configuration, options.profile);
  record_.settings.add("paint.network", plan_.model + "/" + plan_.member);
  record_.settings.add("paint.simulation", instance_.section.simulation_name());
  record_.inputs = plan_.products;
  record_.files = plan_.files;
  record_.outputs = {"box.h5", "maps.h5", "spectra.json"};
  if (!with_gas_) return;
  record_.inputs.push_back(products::pressure(instance_.name));
  record_.inputs.push_back(products::gas_grid(instance_.name, options_.n_grid));
}

Estimate PaintStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const table = expected_clusters(outlook, plan_.snapshot);
  auto const n = real(options_.n_grid);
  double const cell = table.box_ckpch / n, cells = n * n * n, n_fields = with_gas_ ? 2 : 1;
  double seconds = n_fields * box_cost::grid_seconds(cells), n_halos = 0;
  for (auto const& set : plan_.sets) {
    auto const [n_set, radii] = set.sizes(outlook);
    double some = 0;
    for (double const r200 : radii)
      some += set.cubes ? box_cost::cube_seconds(real(voxelize_.n_voxels), r200, cell)
                        : box_cost::profile_seconds(set.cut_r200, r200, cell);
    if (!radii.empty()) seconds += some * real(n_set) / real(radii.size());
    n_halos += real(n_set);
  }
  Estimate estimate;
  // Grid, transform and FFTW's buffer of one field at a time; the map along x is whole on a rank.
  double const slab_bytes = 8 * std::ceil(n / n_ranks) * n * n;
  constexpr double bytes_per_cluster = 190;  // on every rank; measured with bench_scaling
  estimate.memory_bytes =
      slab_bytes * (2 * n_fields + 1) + 16 * n * n + real(table.size()) * bytes_per_cluster + 6e7;
  estimate.output_bytes = n_fields * (4 * cells + 24 * n * n);
  estimate.seconds = seconds / n_ranks;
  estimate.note = concat(options_.n_grid, "^3 cells, ", std::llround(n_halos), " haloes");
  return estimate;
}

void PaintStage::run(Context& context) {
  auto const& comm = context.comm();
  Population const population(comm, plan_,
                              [&](std::string const& name) { return context.product(name); });
  auto const& table = population.table();
  GridFourier const fourier(comm, options_.n_grid);
  auto const planes = first_planes(comm, fourier, options_.n_grid);
  BoxCanvas painted(planes, comm.rank(), table.box_ckpch);
  auto const totals = paint_box(context, population, field_table().front(), painted);
  std::optional<BoxCanvas> gas;
  if (with_gas_) {
    gas.emplace(planes, comm.rank(), table.box_ckpch);
    read_gas_grid(comm, context.product(products::gas_grid(instance_.name, options_.n_grid)), table,
                  instance_.tolerance, *gas);
  }
  Grids grids{painted, gas ? &*gas : nullptr, column_sums(comm, painted.grid()),
              population.n_outside_training(), population.mass_disagrees()};
  check_sum(comm, grids.sums.total,
            totals.clusters.painted() + totals.skirts.painted() + totals.fill.painted());
  write_files(context, population, grids);
  write_json(comm, context.part("spectra.json"), report(context, table, grids, totals, fourier));
}

void PaintStage::write_files(Context& context, Population const& population, Grids& grids) const {
  auto const& comm = context.comm();
  auto const& table = population.table();
  auto const& field = field_table().front();
  auto box = H5File::create(comm, context.part("box.h5"));
  auto maps = H5File::create(comm, context.part("maps.h5"));
  for (auto* file : {&box, &maps}) {
    file->set_attribute("/", "format_version", std::int64_t{1});
    file->set_attribute("/", "box_ckpch", table.box_ckpch);
    file->set_attribute("/", "redshift", table.redshift);
    file->set_attribute("/", "n_grid", options_.n_grid);
    file->set_attribute("/", "fill_cut_r200", options_.fill ? options_.fill_cut_r200 : 0.0);
    file->set_attribute("/", "clusters_end_r200", plan_.reach_r200);
    file->set_attribute(
        "/", "partition",
        concat("smallest r/R200 of the clusters; fill beyond ", plan_.reach_r200, " R200"));
    file->set_attribute("/", "source", plan_.source);
    file->set_attribute("/", "model", plan_.model);
    file->set_attribute("/", "member", plan_.member);
    file->set_attribute("/", "flux_factor_min", population.flux_factors().first);
    file->set_attribute("/", "flux_factor_max", population.flux_factors().second);
    file->set_attribute("/", "profile", plan_.profile);
    file->set_attribute("/", "outside_training", grids.n_outside_training);
    file->set_attribute("/", "mass_disagrees", std::ssize(grids.mass_disagrees));
    file->set_attribute("/", "simulation", instance_.section.simulation_name());
  }
  write_grid(comm, box, field, "", grids.painted.grid());
  grids.mean = write_maps(comm, maps, field, "", grids.painted.grid(), grids.sums, table);
  if (grids.gas) {
    auto const& grid = grids.gas->grid();
    write_grid(comm, box, field, "_gas", grid);
    grids.mean_gas = write_maps(comm, maps, field, "_gas", grid, column_sums(comm, grid), table);
  }
  box.close();
  maps.close();
}

nlohmann::json PaintStage::report(Context& context, ClusterTable const& table, Grids const& grids,
                                  BoxTotals const& totals, GridFourier const& fourier) const {
  auto const& comm = context.comm();
  auto const& field = field_table().front();
  auto report = spectra_report(density_spectra(comm, fourier, grids.painted.grid(),
                                               grids.gas ? &grids.gas->grid() : nullptr),
                               options_.n_grid, table.box_ckpch, grids.gas != nullptr);
  auto const to_mean = [&](double sum) {
    return field.integral(sum / (table.box_ckpch * table.box_ckpch), table.a, table.cosmology.h);
  };
  auto const mean_key = concat("mean_", field.name);
  report["format_version"] = 1;
  auto& means = report[mean_key] = {{"painted", grids.mean},
                                    {"clusters", to_mean(totals.clusters.painted())},
                                    {"skirts", to_mean(totals.skirts.painted())},
                                    {"fill", to_mean(totals.fill.painted())},
                                    {"removed_from_clusters", to_mean(totals.clusters.removed())},
                                    {"removed_from_fill", to_mean(totals.fill.removed())}};
  report["clusters"] = cluster_list(table, totals, grids.mass_disagrees);
  if (grids.gas) {
    means["gas"] = grids.mean_gas;
    auto const ys = cluster_ys(comm, table, totals.each_cluster,
                               context.product(products::pressure(plan_.snapshot)));
    report["Y_by_mass"] = y_by_mass(ys, mass_bins);
    report["Y_painted_over_gas"] = y_by_mass(ys, 1);
  }

  context.note("clusters", std::ssize(totals.each_cluster));
  context.note("fill_haloes", totals.fill.n_images());
  context.note(mean_key, report[mean_key]);
  if (grids.gas) {
    context.note("mean_y_painted_over_gas", grids.mean / grids.mean_gas);
    context.note("mean_y_clusters_over_gas", to_mean(totals.clusters.painted()) / grids.mean_gas);
    if (!report["Y_painted_over_gas"].empty())
      context.note("Y_painted_over_gas", report["Y_painted_over_gas"][0]["Y_painted_over_gas"]);
    for (auto const* key : {"Y_by_mass", "k_at_r_0.9", "k_at_r_0.5"})
      context.note(key, report[key]);
  }
  return report;
}

void add_paint_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& instance : blueprint.snapshots) {
    StageList maps;
    std::set<std::int64_t> grids;
    for (auto const& map : blueprint.axes.maps("paint")) {
      auto stage = std::make_unique<PaintStage>(blueprint, instance, map);
      if (auto const n_grid = stage->gas_grid()) grids.insert(*n_grid);
      maps.push_back(std::move(stage));
    }
    for (auto const n_grid : grids)
      stages.push_back(std::make_unique<GasGridStage>(blueprint, instance, n_grid));
    std::ranges::move(maps, std::back_inserter(stages));
  }
}

}  // namespace setsz
