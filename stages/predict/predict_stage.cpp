// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/predict_stage.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/sections.hpp"
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
                                              PredictOptions const& options, std::int64_t fold) {
  using Clusters = PredictOptions::Clusters;
  bool const all = options.clusters == Clusters::all ||
                   (options.clusters == Clusters::automatic && table.n_folds == 1);
  if (!all) return table.rows_of(Split::testing, fold);
  std::vector<std::int64_t> rows(table.size());
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

PredictStage::PredictStage(Blueprint const& blueprint, ModelInstance instance)
    : bodies_(blueprint.bodies) {
  auto const& configuration = blueprint.configuration;
  task_.instance = std::move(instance);
  auto const& snapshot = task_.instance.snapshot;
  task_.run_seed = configuration.get<RunOptions>().seed;
  task_.clusters = products::clusters(snapshot);
  task_.particles = products::particles(snapshot);
  task_.trained = products::trained(task_.instance);
  record_ = {.stage = "predict", .instance = task_.instance.path(), .version = 2};
  record_.inputs = {task_.clusters, task_.particles, task_.trained};
  record_.outputs = {"prediction.h5"};
  record_.settings.add("run.seed", task_.run_seed);
  record_.settings.add("predict.instance", task_.instance.path());
  task_.options = record_.take<PredictOptions>(configuration);
  task_.model = record_.take<ModelSection>(configuration, "model." + task_.instance.model);
  task_.cube = record_.take<VoxelizeOptions>(configuration);
  if (!task_.model.network.needs().target_columns.empty()) {
    task_.moments = products::moments(snapshot);
    record_.inputs.push_back(task_.moments);
  }
}

void PredictStage::preflight(Comm const& comm, Outlook&) const {
  if (!bodies_.require_device) return;  // a program without libtorch: it runs no network either
  collectively(comm, "predict: device", [&] { bodies_.require_device(task_.options.device); });
}

Estimate PredictStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const table = expected_clusters(outlook, task_.instance.snapshot);
  auto const n = real(clusters_to_predict(table, task_.options, task_.instance.fold).size());
  double const cells = std::pow(real(task_.cube.n_voxels), 3), targets = task_.cube.targets();
  auto const cost = task_.model.network.cost(Phase::prediction);
  // Of one core. Finding and drawing the particles of a local sphere costs most of the overhead.
  constexpr double flops_per_second = 7e10, seconds_per_target = 4e-6, seconds_per_sphere = 2e-5;
  bool const spheres = task_.model.network.needs().local_particles.prediction > 0;
  double const seconds_per_voxel = seconds_per_target + (spheres ? seconds_per_sphere : 0);
  Estimate estimate;
  estimate.seconds = n *
                     (cost.per_cluster / flops_per_second +
                      targets * (cost.per_target / flops_per_second + seconds_per_voxel)) /
                     n_ranks;
  estimate.output_bytes = n * (4 * cells + 64);
  estimate.memory_bytes = 2 * estimate.output_bytes / n_ranks + 2e7;
  estimate.note = concat(n, " clusters, ", std::llround(n * targets), " voxels");
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
  for (auto const& instance : axes.networks())
    stages.push_back(std::make_unique<PredictStage>(blueprint, instance));
  for (auto const& snapshot : axes.snapshots())
    for (auto const& model : axes.models())
      for (std::int64_t fold = 0; fold < axes.n_folds() && axes.seeds(model).size() > 1; ++fold)
        stages.push_back(std::make_unique<EnsembleStage>(blueprint, snapshot, model, fold));
}

}  // namespace setsz
