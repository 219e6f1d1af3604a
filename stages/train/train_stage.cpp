// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/train_stage.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "model/module_list.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/expected_spheres.hpp"
#include "stages/common/residuals_section.hpp"
#include "stages/common/sections.hpp"
#include "stages/train/training_cluster.hpp"
#include "stages/train/training_start_work.hpp"

namespace setsz {

void TrainOptions::declare(OptionList& options) {
  declare_seeds(options, seeds);
  declare_train_snapshots(options, snapshots);
  options.add("epochs", epochs,
              {.help = "each meets every training cluster once", .min = 1, .max = 1e6});
  options.add("clusters_per_step", clusters_per_step,
              {.help = "clusters of one optimiser step", .min = 1, .max = 1024});
  options.add(
      "lanes", lanes,
      {.help = "parts into which the targets of a cluster are cut: clusters_per_step x lanes "
               "ranks can share a step, with the same result on any number of ranks. "
               "Small networks are faster with 1",
       .min = 1,
       .max = 64});
  options.add("targets", targets,
              {.help = "random voxels of each cluster in a step", .min = 1, .max = 1e6});
  options.add(
      "validation_targets", validation_targets,
      {.help = "voxels of each validation cluster, the same in every epoch", .min = 1, .max = 1e7});
  options.add("target_sampling", target_sampling,
              {{"importance", TargetSampling::importance}, {"uniform", TargetSampling::uniform}},
              {.help = "half of the targets where the benchmark has its pressure, weighted so that "
                       "the expected loss stays the same; or all alike, as published"});
  options.add("validation_every", validation_every,
              {.help = "epochs between two validations; the last epoch always has one. Validation "
                       "uses the numbers of particles of a prediction, and costs as much",
               .min = 1,
               .max = 1e6});
  options.add("keep", keep,
              {{"best", Keep::best}, {"last", Keep::last}, {"average", Keep::average}},
              {.help = "parameters that become the model: of the best validation (lucky where "
                       "validation clusters are few), of the last epoch, or the average over the "
                       "ends of the last average_epochs"});
  options.add("average_epochs", average_epochs,
              {.help = "epochs in the average", .min = 1, .max = 1e6});
  declare_learning(options);
  options.add(
      "flux_bins", flux_bins,
      {.help = "bins of mass in which predictions are corrected for lost flux, fitted at the "
               "end on training and validation clusters; 0: no correction",
       .min = 0,
       .max = 50});
  declare_device(options, device);
  options.add("chunk_rows", chunk_rows,
              {.help = "particles worked on at a time; for speed, changes rounding only",
               .min = 1,
               .max = 1e7});
  options.add("chunk_targets", chunk_targets,
              {.help = "targets worked on at a time, at most", .min = 1, .max = 1e6});
}

void TrainOptions::declare_learning(OptionList& options) {
  groups.declare(options);
  options.add("decay", decay, {{"l2", WeightDecay::l2}, {"decoupled", WeightDecay::decoupled}},
              {.help = "weight decay in the gradient (as published) or in the weights (AdamW)"});
  options.add("freeze", freeze,
              {.help = "modules of the network whose parameters stay as they start: those of "
                       "[model.NAME] trained, or their starting values"});
  options.add("clip_norm", clip_norm,
              {.help = "a gradient of larger norm is scaled down to it", .min = 1e-9});
  options.add("noise", noise,
              {.help = "noise on the cluster scalars, in distances to the next cluster", .min = 0});
  options.add("noise_mass", noise_mass, {.help = "the same for ln M200", .min = 0});
  options.add(
      "vector_noise_deg", vector_noise_deg,
      {.unit = "deg", .help = "random tilt of the cluster's unit vectors", .min = 0, .max = 180});
  options.add("cluster_weight", cluster_weight,
              {{"none", ClusterWeight::none},
               {"p200", ClusterWeight::p200},
               {"benchmark", ClusterWeight::benchmark}},
              {.help = "what a cluster's loss is multiplied by: nothing (as published), "
                       "(P200/P_ref)^2 for the loss of the pressure itself, or 1/(loss of the "
                       "benchmark on this cluster), the mean of what L_opt takes the median of"});
}

void TrainOptions::validate() const { LearningGroups(groups).freeze(freeze); }

std::string TrainTask::start_file() const {
  if (!model.trained.any()) return "";
  auto const files = model.trained.files();
  return files[static_cast<std::size_t>(seed_number) % files.size()];
}

TrainStage::TrainStage(Blueprint const& blueprint, ModelInstance instance)
    : bodies_(blueprint.bodies) {
  auto const& configuration = blueprint.configuration;
  task_.instance = std::move(instance);
  task_.run_seed = configuration.get<RunOptions>().seed;
  record_ = {.stage = "train", .instance = task_.instance.path(), .version = 12};
  record_.outputs = {"model.h5", "history.h5"};
  record_.settings.add("run.seed", task_.run_seed);
  record_.settings.add("train.instance", task_.instance.path());
  std::vector<std::string> simulations;
  for (auto const& name : task_.instance.snapshots())
    simulations.push_back(blueprint.snapshot(name).section.simulation_name());
  record_.settings.add("train.simulation", join(simulations, ", "));
  auto const& seeds = blueprint.axes.seeds(task_.instance.model);
  task_.seed_number = std::ranges::find(seeds, task_.instance.seed) - seeds.begin();
  take_options(configuration);
  task_.choice = take_cluster_choice(configuration, record_);
  if (task_.model.trained.any())
    record_.files = [task = task_] { return std::vector{task.start_file()}; };
  cube_ = configuration.get<VoxelizeOptions>();
  for (auto const& name : task_.instance.snapshots()) add_source(blueprint.snapshot(name));
  for (auto const& [key, text] : configuration.texts("extract"))
    if (key == "radius") task_.inputs.emplace_back("extract." + key, text);
  if (!task_.sources.front().moments.empty())
    for (auto const& [key, text] : configuration.texts("moments"))
      task_.inputs.emplace_back("moments." + key, text);
  task_.description = record_.settings.lines();
}

void TrainStage::add_source(SnapshotInstance const& snapshot) {
  auto const& name = snapshot.name;
  TrainSource source{.clusters = products::clusters(name),
                     .particles = products::particles(name),
                     .pressure = products::pressure(name),
                     .gnfw = products::gnfw(name, task_.instance.fold),
                     .moments = "",
                     .residuals = "",
                     .simulation = snapshot.section.simulation_name()};
  for (auto const& product : {source.clusters, source.particles, source.pressure, source.gnfw})
    record_.inputs.push_back(product);
  if (!task_.model.network.needs().target_columns.empty()) {
    source.moments = products::moments(name);
    record_.inputs.push_back(source.moments);
  }
  if (auto const model = task_.model.network.needs().residuals_of; !model.empty()) {
    source.residuals = products::residuals(name, model, task_.instance.fold);
    record_.inputs.push_back(source.residuals);
  }
  snapshots_.push_back(snapshot);
  task_.sources.push_back(std::move(source));
}

void TrainStage::take_options(Configuration const& configuration) {
  auto const section = "train." + task_.instance.model;
  task_.options = record_.take<TrainOptions>(configuration, section);
  task_.model =
      record_.take<ModelSection>(configuration, "model." + task_.instance.model, {Affects::result});
  auto const& [freeze, network] = std::tie(task_.options.freeze, task_.model.network);
  refuse_keys(configuration, section);
  task_.options.groups.freeze(freeze);
  for (auto const& module : freeze)
    require(std::ranges::find(network.modules, module) != network.modules.end(), ExitCode::config,
            configuration.where(section), ": freeze = ", module,
            ", but the network has no such "
            "module (modules = ",
            join(network.modules, ", "), "); remove it");
  bool const learns = std::ranges::any_of(network.chosen(), [&](Module const* module) {
    auto const& group = task_.options.groups.of(module->name());
    return group.parameters && !group.frozen;
  });
  require(learns, ExitCode::config, configuration.where(section), ": freeze = ", join(freeze, ", "),
          " leaves nothing to learn; remove a module from it, or apply the "
          "model without a section [",
          section, "]");
}

/// Of the section itself: [train] is for networks that differ in their modules.
void TrainStage::refuse_keys(Configuration const& configuration, std::string const& section) const {
  if (task_.options.keep != Keep::average)
    configuration.refuse_key(section, "average_epochs",
                             "is a key for keep = average; set that, or remove the key");
  if (!configuration.has(section)) return;
  auto const& chosen = task_.model.network.modules;
  for (auto const& module : module_table()) {
    if (std::ranges::find(chosen, module->name()) != chosen.end()) continue;
    for (auto const* what : {"rate_", "decay_"})
      if (auto const key = concat(what, module->name()); configuration.text_of(section, key))
        configuration.refuse_key(section, key,
                                 concat("is of a module that the network lacks (modules = ",
                                        join(chosen, ", "), "); remove the key"));
  }
}

void TrainStage::preflight(Comm const& comm, Outlook& outlook) const {
  if (task_.model.trained.any())
    on_root(comm, "train: the model to start from", [&] { compare_with_start(outlook); });
  for (auto const& snapshot : snapshots_)
    for (auto const part : {Split::training, Split::validation})
      require_part(comm, outlook, snapshot.name, task_.instance.fold, part);
  on_root(comm, "train: the redshifts", [&] { warn_of_redshifts(outlook); });
  if (!bodies_.require_device) return;  // a program without libtorch: it runs no network either
  collectively(comm, "train: device", [&] { bodies_.require_device(task_.options.device); });
}

/// The tables that are known already.
std::vector<ClusterTable> TrainStage::known_tables(Outlook const& outlook) const {
  std::vector<ClusterTable> tables;
  for (auto const& snapshot : snapshots_)
    if (auto table = known_clusters(outlook, snapshot.name)) tables.push_back(std::move(*table));
  return tables;
}

void TrainStage::compare_with_start(Outlook const& outlook) const {
  auto const start = read_start(task_.start_file(), task_.model.network);
  for (auto const& table : known_tables(outlook)) start.require_comparable(table);
  if (!speaks_for_all()) return;
  auto const& known = start.on.simulations;
  for (auto const& source : task_.sources)
    if (std::ranges::find(known, source.simulation) != known.end())
      Log::warn("train: '", start.path, "' has learnt from '", source.simulation,
                "' already: testing clusters of this run may be among those that it has seen, and "
                "their scores too good");
}

void TrainStage::warn_of_redshifts(Outlook const& outlook) const {
  auto const scalars = task_.model.network.columns().scalars;
  bool const tells_redshifts = std::ranges::find(scalars, "ln_a") != scalars.end();
  if (snapshots_.size() < 2 || tells_redshifts || !speaks_for_all()) return;
  auto const tables = known_tables(outlook);
  for (auto const& table : tables)
    if (table.redshift != tables.front().redshift)
      return Log::warn("train: [model.", task_.instance.model, "] learns from several redshifts, ",
                       "but cannot tell them apart but for its profile; add ln_a to its scalars");
}

Estimate TrainStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const& network = task_.model.network;
  auto const needs = network.needs();
  double training = 0, validation = 0, particles = 0;
  ExpectedSphere sphere;
  for (auto const& snapshot : snapshots_) {
    auto const table = expected_clusters(outlook, snapshot.name);
    auto const counts = expected_counts(outlook, snapshot, table);
    training += real(table.rows_of(Split::training, task_.instance.fold).size());
    validation += real(table.rows_of(Split::validation, task_.instance.fold).size());
    for (std::int64_t row = 0; row < table.size(); ++row)
      if (table.teaches(row, task_.instance.fold)) particles += counts[row];
    sphere.keep_larger(expected_sphere(table, counts, needs));
  }
  auto const& options = task_.options;
  auto const epochs = real(options.epochs);
  double const validations = std::ceil(epochs / real(options.validation_every));
  constexpr double flops_per_second = 3e10;  // of one core
  double const seconds_per_lane = network.has_code() ? 0.0015 : 0.0004;
  constexpr double backward = 2;  // forwards
  auto const forward = [&](Phase phase, std::int64_t targets) {
    return network.cost(phase).of(real(targets), sphere.drawn(phase)) / flops_per_second;
  };
  double const step = (1 + backward) * (forward(Phase::training, options.targets) +
                                        seconds_per_lane * real(options.lanes));
  double const look = forward(Phase::prediction, options.validation_targets);
  double const check = forward(Phase::prediction, check_targets);  // of the flux
  // A step ends with the rank that has most lanes.
  auto const lanes = options.clusters_per_step * options.lanes;
  double const sharing = real(lanes) / real((lanes + n_ranks - 1) / n_ranks);
  Estimate estimate;
  estimate.seconds = epochs * training * step / sharing +
                     (validations * validation * look + (training + validation) * check) / n_ranks;
  double const moments =
      4 * real(needs.target_columns.size()) * cube_.targets() * (training + validation);
  // Both sides hold what travels, as lanes and as messages.
  double const drawn_ahead = n_ranks > 1 ? 4 * drawn_ahead_bytes : 0;
  estimate.memory_bytes = (particle_bytes * particles + moments) / n_ranks + drawn_ahead +
                          network_work_bytes + network_bytes;
  estimate.output_bytes = 3e6;
  estimate.note = concat(training, " training and ", validation, " validation clusters, ",
                         options.epochs, " epochs");
  return estimate;
}

void TrainStage::run(Context& context) {
  require(bodies_.train != nullptr, ExitCode::internal,
          "train runs in setsz-learn only; start it through setsz, beside which setsz-learn lies");
  bodies_.train(task_, context);
}

void add_train_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& instance : blueprint.axes.networks())
    stages.push_back(std::make_unique<TrainStage>(blueprint, instance));
}

}  // namespace setsz
