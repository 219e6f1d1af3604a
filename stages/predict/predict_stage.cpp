// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/predict_stage.hpp"

#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/sections.hpp"
#include "stages/common/trained_model.hpp"
#include "stages/predict/ensemble_stage.hpp"

namespace setsz {

void PredictOptions::declare(OptionList& options) {
  options.add(
      "clusters", clusters,
      {{"automatic", Clusters::automatic}, {"testing", Clusters::testing}, {"all", Clusters::all}},
      {.help = "which clusters of a fold are predicted; automatic: all with one fold, with "
               "several the testing ones, which together are all"});
  options.add(
      "flux_correction", flux_correction,
      {.help = "multiply each cluster by the factor, a function of its mass, with which the "
               "network's Y added up to that of the gas in training"});
  options.add("block_voxels", block_voxels,
              {.help = "voxels of one cluster that are one unit of work and of restart",
               .min = 1,
               .max = 1e7});
  declare_device(options, device);
  options.add("chunk_rows", chunk_rows,
              {.help = "particles worked on at a time; for speed, changes rounding only",
               .min = 1,
               .max = 1e7});
}

std::vector<std::int64_t> clusters_to_predict(ClusterTable const& table,
                                              PredictOptions const& options,
                                              std::optional<std::int64_t> fold) {
  using Clusters = PredictOptions::Clusters;
  bool const one_fold = !fold || table.n_folds == 1;
  bool const all =
      options.clusters == Clusters::all || (options.clusters == Clusters::automatic && one_fold);
  if (!all && fold) return table.rows_of(Split::testing, *fold);
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < table.size(); ++row) {
    bool tested = all;
    for (std::int64_t k = 0; k < table.n_folds && !tested; ++k)
      tested = table.split_of(row, k) == Split::testing;
    if (tested) rows.push_back(row);
  }
  return rows;
}

PredictStage::PredictStage(Blueprint const& blueprint, std::string snapshot,
                           ModelInstance const& network)
    : snapshot_(blueprint.snapshot(snapshot)), bodies_(blueprint.bodies) {
  task_.snapshot = std::move(snapshot);
  task_.model = network.model;
  task_.fold = network.fold;
  task_.member = Member{network.seed};
  task_.network = products::trained(network);
  describe(blueprint);
  record_.inputs.push_back(task_.network);
}

PredictStage::PredictStage(Blueprint const& blueprint, std::string snapshot, std::string model)
    : snapshot_(blueprint.snapshot(snapshot)), bodies_(blueprint.bodies) {
  task_.snapshot = std::move(snapshot);
  task_.model = std::move(model);
  task_.member = blueprint.axes.painted(task_.model);
  describe(blueprint);
  record_.files = [trained = task_.section.trained] { return trained.files(); };
}

void PredictStage::describe(Blueprint const& blueprint) {
  auto const& configuration = blueprint.configuration;
  auto const instance =
      model_path(task_.snapshot, task_.model, task_.fold.value_or(0), task_.member);
  task_.clusters = products::clusters(task_.snapshot);
  task_.particles = products::particles(task_.snapshot);
  record_ = {.stage = "predict", .instance = instance, .version = 3};
  record_.inputs = {task_.clusters, task_.particles};
  record_.outputs = {"prediction.h5"};
  record_.settings.add("predict.instance", instance);
  task_.options = record_.take<PredictOptions>(configuration);
  task_.section = record_.take<ModelSection>(configuration, "model." + task_.model);
  task_.cube = record_.take<VoxelizeOptions>(configuration);
  if (!task_.section.network.needs().target_columns.empty()) {
    task_.moments = products::moments(task_.snapshot);
    record_.inputs.push_back(task_.moments);
  }
}

std::int64_t PredictStage::n_networks() const {
  return task_.network.empty() ? std::ssize(task_.section.trained.paths) : 1;
}

void PredictStage::preflight(Comm const& comm, Outlook& outlook) const {
  if (task_.network.empty())
    on_root(comm, "predict: comparing with the training", [&] { compare_with_training(outlook); });
  if (!bodies_.require_device) return;  // a program without libtorch: it runs no network either
  collectively(comm, "predict: device", [&] { bodies_.require_device(task_.options.device); });
}

/// Refuses a model whose numbers mean something else here, and warns where it must extrapolate.
void PredictStage::compare_with_training(Outlook const& outlook) const {
  auto const trained = read_trained(task_.section.trained.files());
  ClusterTable table;
  double particle_mass = 0;
  try {
    table = expected_clusters(outlook, task_.snapshot);
    constexpr std::size_t dark_matter = 1;
    particle_mass = expected_snapshot(outlook, snapshot_, Snapshot::Kind::dark_matter)
                        .header.mass_table[dark_matter];
  } catch (Error const& error) {
    if (error.code() != ExitCode::missing_input) throw;
    return;  // the stages that make them are not among those that run
  }
  require_comparable(trained.on, table.mass_definition, concat("[model.", task_.model, "]"));
  for (auto const& warning : outside_warnings(trained.on, table, particle_mass))
    Log::warn("predict: [model.", task_.model, "] extrapolates in '", task_.snapshot,
              "': ", warning);
}

Estimate PredictStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const table = expected_clusters(outlook, task_.snapshot);
  auto const n = real(clusters_to_predict(table, task_.options, task_.fold).size());
  double const cells = std::pow(real(task_.cube.n_voxels), 3), targets = task_.cube.targets();
  auto const cost = task_.section.network.cost(Phase::prediction);
  // Of one core. Finding and drawing the particles of a local sphere costs most of the overhead.
  constexpr double flops_per_second = 7e10, seconds_per_target = 4e-6, seconds_per_sphere = 2e-5;
  bool const spheres = task_.section.network.needs().local_radius.value > 0;
  double const seconds_per_voxel = seconds_per_target + (spheres ? seconds_per_sphere : 0);
  Estimate estimate;
  estimate.seconds = n * real(n_networks()) *
                     (cost.per_cluster / flops_per_second +
                      targets * (cost.per_target / flops_per_second + seconds_per_voxel)) /
                     n_ranks;
  estimate.output_bytes = n * (4 * cells + 64);
  estimate.memory_bytes =
      2 * estimate.output_bytes / n_ranks + 2e7 + network_bytes * real(n_networks() - 1);
  estimate.note = concat(n, " clusters, ", std::llround(n * targets), " voxels",
                         n_networks() > 1 ? concat(", ", n_networks(), " networks") : "");
  return estimate;
}

void PredictStage::run(Context& context) {
  require(
      bodies_.predict != nullptr, ExitCode::internal,
      "predict runs in setsz-learn only; start it through setsz, beside which setsz-learn lies");
  bodies_.predict(task_, context);
}

void add_predict_stages(Blueprint const& blueprint, StageList& stages) {
  auto const& axes = blueprint.axes;
  for (auto const& snapshot : axes.snapshots())
    for (auto const& model : axes.models())
      for (std::int64_t fold = 0; fold < axes.n_folds(); ++fold)
        for (auto const seed : axes.seeds(model))
          stages.push_back(std::make_unique<PredictStage>(
              blueprint, snapshot, axes.network(snapshot, model, fold, seed)));
  for (auto const& snapshot : axes.snapshots())
    for (auto const& model : axes.models()) {
      if (axes.comes_trained(model))
        stages.push_back(std::make_unique<PredictStage>(blueprint, snapshot, model));
      for (std::int64_t fold = 0; fold < axes.n_folds() && axes.seeds(model).size() > 1; ++fold)
        stages.push_back(std::make_unique<EnsembleStage>(blueprint, snapshot, model, fold));
    }
}

}  // namespace setsz
