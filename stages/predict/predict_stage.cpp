// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/predict_stage.hpp"

#include <charconv>
#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/expected_spheres.hpp"
#include "stages/common/residuals_section.hpp"
#include "stages/common/sections.hpp"
#include "stages/common/trained_model.hpp"
#include "stages/predict/ensemble_stage.hpp"
#include "stages/predict/sample_sums.hpp"

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
  options.add("sample_spread", sample_spread,
              {.help = "make samples scatter as validation clusters did in training, whose code "
                       "says less than new clusters need; no: as the network gives them"});
  declare_samples(options, samples);
  declare_realisations(options, realisations);
  options.add("block_voxels", block_voxels,
              {.help = "voxels of one cluster that are one unit of work and of restart",
               .min = 1,
               .max = 1e7});
  options.add(
      "adaptive", adaptive,
      {.help = "evaluate networks at few voxels of a cluster, dense where the pressure is high or "
               "changes fast, and interpolate between them: the relative rms error of a cube that "
               "is aimed at, such as 0.05, and a tenth of it for its Y. no: evaluate all voxels"});
  declare_device(options, device);
  options.add("arithmetic", arithmetic,
              {{"single", Arithmetic::single},
               {"bfloat16x3", Arithmetic::bfloat16x3},
               {"bfloat16", Arithmetic::bfloat16}},
              {.help = "how networks multiply: in single precision; in numbers of 16 bits; of 8 "
                       "bits, for drafts. All but single only on a cpu with AMX, where they are "
                       "faster"});
  options.add("chunk_rows", chunk_rows,
              {.help = "particles worked on at a time; for speed, changes rounding only",
               .min = 1,
               .max = 1e7});
}

void PredictOptions::validate() const {
  (void)tolerance();
  require(device != Device::cuda || arithmetic == Arithmetic::single, ExitCode::config,
          "device = cuda multiplies in single precision, but arithmetic = ",
          arithmetic == Arithmetic::bfloat16 ? "bfloat16" : "bfloat16x3",
          " is for kernels of a cpu with AMX; set arithmetic = single, or device = cpu");
}

std::optional<double> PredictOptions::tolerance() const {
  if (adaptive == "no") return std::nullopt;
  double value = 0;
  auto const end = adaptive.data() + adaptive.size();
  auto const [stop, error] = std::from_chars(adaptive.data(), end, value);
  require(error == std::errc{} && stop == end && value >= 0 && value <= 1, ExitCode::config,
          "[predict] adaptive = ", adaptive,
          " is neither no nor a number from 0 to 1, the relative error of a cube; try 0.05");
  return value;
}

PredictOptions predict_options(Blueprint const& blueprint, std::string const& model) {
  auto options = blueprint.configuration.get<PredictOptions>();
  if (!residuals_need_all_predictions(blueprint, model)) return options;
  require(options.clusters != PredictOptions::Clusters::testing, ExitCode::config,
          "[predict] clusters = testing leaves no predictions of the training clusters, which the "
          "residuals of [model.",
          model, "] need; set clusters = automatic or all, or [residuals] out_of_fold = yes");
  options.clusters = PredictOptions::Clusters::all;
  return options;
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
                           ModelInstance const& network, std::int64_t realisation)
    : snapshot_(blueprint.snapshot(snapshot)), bodies_(blueprint.bodies) {
  task_.snapshot = std::move(snapshot);
  task_.model = network.model;
  task_.fold = network.fold;
  task_.member = Member{network.seed};
  if (realisation > 0) task_.member = blueprint.axes.realisation(network.model, realisation);
  task_.network = products::trained(network);
  describe(blueprint);
  record_.inputs.push_back(task_.network);
}

PredictStage::PredictStage(Blueprint const& blueprint, std::string snapshot, std::string model,
                           std::int64_t realisation)
    : snapshot_(blueprint.snapshot(snapshot)), bodies_(blueprint.bodies) {
  task_.snapshot = std::move(snapshot);
  task_.model = std::move(model);
  task_.member = blueprint.axes.painted(task_.model);
  task_.member.realisation = realisation;
  describe(blueprint);
  record_.files = [task = task_] { return task.trained_files(); };
}

void PredictStage::describe(Blueprint const& blueprint) {
  auto const& configuration = blueprint.configuration;
  auto const instance =
      model_path(task_.snapshot, task_.model, task_.fold.value_or(0), task_.member);
  task_.clusters = products::clusters(task_.snapshot);
  task_.particles = products::particles(task_.snapshot);
  record_ = {.stage = "predict", .instance = instance, .version = 6};
  record_.inputs = {task_.clusters, task_.particles};
  record_.outputs = {"prediction.h5", "clusters.csv"};
  record_.settings.add("predict.instance", instance);
  task_.options = predict_options(blueprint, task_.model);
  record_.note(task_.options);
  task_.section = record_.take<ModelSection>(configuration, "model." + task_.model);
  task_.cube = record_.take<VoxelizeOptions>(configuration);
  if (!task_.section.network.needs().target_columns.empty()) {
    task_.moments = products::moments(task_.snapshot);
    record_.inputs.push_back(task_.moments);
  }
  if (task_.section.network.has_code())
    record_.settings.add("predict.samples",
                         task_.member.realisation > 0 ? 1 : task_.options.samples);
  if (task_.samples_kept()) record_.outputs.push_back("samples.h5");
  auto const residuals_of = task_.section.network.needs().residuals_of;
  if (residuals_of.empty() || !task_.fold || task_.member.realisation > 0) return;
  task_.residuals = products::residuals(task_.snapshot, residuals_of, *task_.fold);
  task_.pressure = products::pressure(task_.snapshot);
  record_.inputs.insert(record_.inputs.end(), {task_.residuals, task_.pressure});
}

std::vector<std::string> PredictTask::trained_files() const {
  auto files = section.trained.files();
  if (member.realisation > 0) files = {files[(member.realisation - 1) % std::ssize(files)]};
  return files;
}

std::int64_t PredictTask::n_networks() const {
  return network.empty() ? std::ssize(trained_files()) : 1;
}

std::vector<std::int64_t> PredictTask::realisations_of(std::size_t number) const {
  std::vector<std::int64_t> numbers;
  if (!section.network.has_code()) return numbers;
  if (member.realisation > 0) return {member.realisation};
  auto const n = n_networks();
  require(options.samples == 0 || options.samples >= n, ExitCode::config,
          "[predict] samples = ", options.samples, " leaves nothing to some of the ", n,
          " networks of [model.", model, "]; raise it, or set 0");
  for (auto k = static_cast<std::int64_t>(number) + 1; k <= options.samples; k += n)
    numbers.push_back(k);
  return numbers;
}

bool PredictTask::samples_kept() const {
  return section.network.has_code() && member.realisation == 0 && options.samples > 0;
}

void PredictStage::preflight(Comm const& comm, Outlook& outlook) const {
  collectively(comm, "", [&] { task_.realisations_of(0); });
  if (task_.network.empty())
    on_root(comm, "predict: comparing with the training", [&] { compare_with_training(outlook); });
  if (!bodies_.require_device) return;  // a program without libtorch: it runs no network either
  collectively(comm, "predict: device", [&] {
    bodies_.require_device(task_.options.device);
    bodies_.require_arithmetic(task_.options.arithmetic);
  });
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

namespace {

/// Of the voxels at which networks are evaluated; measured at n = 64 on a coarse simulation.
double expected_share(std::optional<double> tolerance) {
  return tolerance ? std::min(1.0, 0.5 * std::pow(0.01 / *tolerance, 1.3)) : 1;
}

}  // namespace

Estimate PredictStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const table = expected_clusters(outlook, task_.snapshot);
  auto const counts = expected_counts(outlook, snapshot_, table);
  auto const rows = clusters_to_predict(table, task_.options, task_.fold);
  double largest = 0;
  for (auto const row : rows) largest = std::max(largest, counts[row]);
  auto const n = real(rows.size()), networks = real(task_.n_networks());
  double const cells = std::pow(real(task_.cube.n_voxels), 3);
  double const targets = expected_share(task_.options.tolerance()) * task_.cube.targets();
  auto const& network = task_.section.network;
  auto const sphere = expected_sphere(table, counts, network.needs());
  // Of one core.
  constexpr double flops_per_second = 4e10, seconds_per_target = 2e-6, seconds_per_particle = 5e-9,
                   seconds_per_draw = 5e-7;
  // Only what depends on the code is computed for each sample.
  ModuleCost per_draw;
  for (auto const* module : network.chosen())
    if (module->joints().takes_features) per_draw += module->cost(network, Phase::prediction);
  double const draws = task_.samples_kept() ? real(task_.options.samples) : 0;
  constexpr auto phase = Phase::prediction;
  double const one = network.cost(phase).of(targets, sphere.drawn(phase)) / flops_per_second +
                     targets * (seconds_per_target + seconds_per_particle * sphere.within);
  Estimate estimate;
  estimate.seconds =
      n / n_ranks *
      (networks * one +
       draws * targets * (per_draw.per_target / flops_per_second + seconds_per_draw));
  constexpr double bytes_per_cluster = 200;  // on every rank; measured with bench_scaling
  double const n_cubes = task_.residuals.empty() ? 1 : 2;
  estimate.output_bytes = n * (4 * cells * n_cubes + 64 + 8 * real(SampleSums::size(1)) * draws);
  estimate.memory_bytes = 2 * estimate.output_bytes / n_ranks + particle_bytes * largest +
                          real(table.size()) * bytes_per_cluster + network_work_bytes +
                          network_bytes * networks;
  estimate.note = concat(n, " clusters, ", std::llround(n * targets), " voxels",
                         networks > 1 ? concat(", ", networks, " networks") : "",
                         draws > 0 ? concat(", ", task_.options.samples, " samples") : "");
  return estimate;
}

void PredictStage::run(Context& context) {
  require(
      bodies_.predict != nullptr, ExitCode::internal,
      "predict runs in setsz-learn only; start it through setsz, beside which setsz-learn lies");
  bodies_.predict(task_, context);
}

namespace {

/// Number k by the network of seed (k - 1) modulo their number.
void add_realisations(Blueprint const& blueprint, std::string const& snapshot,
                      std::string const& model, StageList& stages) {
  auto const& axes = blueprint.axes;
  if (axes.n_realisations() == 0 ||
      !blueprint.configuration.get<ModelSection>("model." + model).network.has_code())
    return;
  auto const& seeds = axes.seeds(model);
  for (std::int64_t k = 1; k <= axes.n_realisations(); ++k) {
    if (seeds.empty())
      stages.push_back(std::make_unique<PredictStage>(blueprint, snapshot, model, k));
    for (std::int64_t fold = 0; fold < axes.n_folds() && !seeds.empty(); ++fold)
      stages.push_back(std::make_unique<PredictStage>(
          blueprint, snapshot,
          axes.network(snapshot, model, fold, seeds[(k - 1) % std::ssize(seeds)]), k));
  }
}

/// Keys of a model with a code, where there is none.
void refuse_keys_of_samples(Blueprint const& blueprint) {
  auto const& configuration = blueprint.configuration;
  bool const any_code = std::ranges::any_of(blueprint.axes.models(), [&](auto const& model) {
    return configuration.get<ModelSection>("model." + model).network.has_code();
  });
  if (any_code || blueprint.axes.models().empty()) return;
  for (auto const* key : {"samples", "realisations", "sample_spread"})
    configuration.refuse_key("predict", key,
                             "is for models with the module stochastic, and there is none; remove "
                             "the key, or add the module");
}

}  // namespace

void add_predict_stages(Blueprint const& blueprint, StageList& stages) {
  auto const& axes = blueprint.axes;
  refuse_keys_of_samples(blueprint);
  for (auto const& snapshot : axes.snapshots())
    for (auto const& model : axes.models())
      for (std::int64_t fold = 0; fold < axes.n_folds(); ++fold)
        for (auto const seed : axes.seeds(model))
          stages.push_back(std::make_unique<PredictStage>(
              blueprint, snapshot, axes.network(snapshot, model, fold, seed), 0));
  for (auto const& snapshot : axes.snapshots())
    for (auto const& model : axes.models()) {
      if (axes.comes_trained(model))
        stages.push_back(std::make_unique<PredictStage>(blueprint, snapshot, model, 0));
      add_realisations(blueprint, snapshot, model, stages);
      for (std::int64_t fold = 0; fold < axes.n_folds() && axes.seeds(model).size() > 1; ++fold)
        stages.push_back(std::make_unique<EnsembleStage>(blueprint, snapshot, model, fold));
    }
}

}  // namespace setsz
