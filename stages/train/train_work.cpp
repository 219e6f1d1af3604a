// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/train_work.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "model/model_file.hpp"
#include "model/parameter_transfer.hpp"
#include "model/trainer.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/work_loop.hpp"
#include "stages/train/flux_work.hpp"
#include "stages/train/history_work.hpp"
#include "stages/train/model_use_work.hpp"
#include "stages/train/sample_spread_work.hpp"
#include "stages/train/state_work.hpp"
#include "stages/train/training_data_work.hpp"
#include "stages/train/training_start_work.hpp"

namespace setsz {

namespace {

TrainerSettings trainer_settings(TrainTask const& task, std::int64_t total_steps) {
  auto const& o = task.options;
  TrainerSettings settings;
  settings.schedule.total_steps = total_steps;
  settings.decay = o.decay;
  settings.groups = o.groups;
  settings.max_norm = o.clip_norm;
  settings.seed = task.instance.stream_seed(task.run_seed);
  settings.device = o.device;
  settings.chunk = {.rows = o.chunk_rows, .targets = o.chunk_targets};
  return settings;
}

/// One training from its first or its last saved step to the end.
class TrainingRun {
 public:
  TrainingRun(TrainTask const& task, Context& context)
      : task_(task),
        context_(context),
        comm_(context.comm()),
        data_(comm_, task, context),
        total_steps_(task.options.epochs * data_.steps_per_epoch()),
        trainer_(comm_, starting_network(), trainer_settings(task, total_steps_)) {}

  void go() {
    context_.journal().keep_commits(3);
    work_through(context_, {.label = "train",
                            .unit = "steps",
                            .end = total_steps_,
                            .restore = [this] { restore(); },
                            .step = [this](std::int64_t done) { return step(done); },
                            .save = [this](std::int64_t done) { save(done); },
                            .reached = [this](std::int64_t done) { return epochs_of(done); },
                            .note = [this] { return note(); }});
  }

  void write_products() {
    collectively(comm_, "train: the model", [&] {
      require(history_.best_epoch >= 0, ExitCode::internal, "no epoch was finished");
      for (float const p : kept_parameters())
        require(std::isfinite(p), ExitCode::diverged, "a parameter of the model is not finite");
    });
    auto state = model();
    check(state);
    on_root(comm_, "train: writing the model", [&] {
      describe_use(state, task_, context_);
      write_model(context_.part("model.h5"), state);
    });
    write_history(comm_, context_.part("history.h5"), history_);
    context_.note("parameters", trainer_.network().layout().size());
    context_.note("best_epoch", history_.best_epoch);
    context_.note("validation_ratio", history_.best_ratio());
    context_.note("last_validation_ratio", history_.last_ratio());
    context_.note("training_loss", history_.epochs.back().training_loss);
    context_.note_local("particle_bytes", data_.held_bytes());
  }

 private:
  std::string epochs_of(std::int64_t steps) const {
    return concat("epoch ", steps / data_.steps_per_epoch(), " of ", task_.options.epochs);
  }

  /// With values of its own, or with those of the file that it goes on from.
  Network starting_network() {
    auto const seed = task_.instance.stream_seed(task_.run_seed);
    if (!task_.model.trained.any())
      return {task_.model.network, data_.standardisation(), data_.benchmark(), seed};
    std::optional<Network> network;
    collectively(comm_, "train: the model to start from", [&] {
      auto const start = read_start(task_.start_file(), task_.model.network);
      for (auto const& teacher : data_.teachers()) start.require_comparable(teacher.table);
      data_.adopt(start.standardisation);
      network.emplace(task_.model.network, data_.standardisation(),
                      start.profile(data_.benchmark()), seed);
      auto const report =
          load_parameters(start.state, "parameters", network->layout(), network->parameters());
      require(!report.loaded.empty(), ExitCode::config, "'", start.path,
              "' has no tensor of this network (", report.text(), ")");
      Log::info("train: starts from '", start.path, "': ", report.text());
      start_ = {{"loaded", report.loaded},
                {"missing", report.missing},
                {"other_shape", report.other_shape},
                {"unused", report.unused},
                {"trained_on", start.on}};
    });
    context_.note("starts_from", start_);
    return std::move(*network);
  }

  std::span<float const> kept_parameters() {
    switch (task_.options.keep) {
      case Keep::best:
        return history_.best_parameters;
      case Keep::last:
        return trainer_.network().parameters();
      case Keep::average:
        return history_.average_parameters;
    }
    fail(ExitCode::internal, "unknown choice of parameters");
  }

  /// The network with the kept parameters; beside them the groups "best", "last" and "average".
  ModelState model() {
    auto& network = trainer_.network();
    ModelState state = network.state();
    add_parameters(state, "best", network.layout(), history_.best_parameters);
    add_parameters(state, "last", network.layout(), network.parameters());
    add_parameters(state, "average", network.layout(), history_.average_parameters);
    add_parameters(state, "parameters", network.layout(), kept_parameters());
    state.description["training"] = {{"epochs", task_.options.epochs},
                                     {"best_epoch", history_.best_epoch},
                                     {"validation_ratio", history_.best_ratio()},
                                     {"last_validation_ratio", history_.last_ratio()},
                                     {"depends_on", task_.description}};
    if (!start_.is_null()) state.description["starts_from"] = start_;
    return state;
  }

  /// Compares the kept network with the gas: flux correction, and spread of the samples.
  void check(ModelState& state) {
    auto network = Network::from_state(state);
    collectively(comm_, "train: device", [&] { network.use(task_.options.device, comm_.rank()); });
    auto const bins = task_.options.flux_bins;
    auto flux = fit_flux(comm_, network, data_, bins, 1);
    auto const spread = fit_sample_spread(comm_, network, data_, flux.get<FluxCorrection>());
    if (!spread.is_null()) {  // the mean of the samples depends on their spread
      flux = fit_flux(comm_, network, data_, bins, spread.at("power"));
      state.description["sample_spread"] = spread;
      context_.note("sample_spread", spread);
    }
    state.description["flux"] = flux;
    context_.note("flux", flux);
  }

  std::int64_t step(std::int64_t done) {
    auto const step_of_epoch = done % data_.steps_per_epoch();
    auto const result = take_step(data_.training_lanes(done));
    loss_ = result.loss;
    history_.epoch_loss += result.loss * real(clusters_in(step_of_epoch));
    history_.epoch_norm += result.gradient_norm;
    if (step_of_epoch + 1 == data_.steps_per_epoch()) finish_epoch(done);
    return done + 1;
  }

  std::int64_t clusters_in(std::int64_t step_of_epoch) const {
    auto const n = std::ssize(data_.training_rows());
    auto const size = task_.options.clusters_per_step;
    return std::min(size, n - step_of_epoch * size);
  }

  /// The same as Trainer::step. An error, such as that it diverged, is one of all ranks.
  StepResult take_step(std::vector<Lane> const& lanes) {
    try {
      return trainer_.step(lanes);
    } catch (CollectiveError const&) {
      throw;
    } catch (Error const& error) {  // every rank has the same one
      throw CollectiveError(error.code(), error.what());
    }
  }

  void finish_epoch(std::int64_t step) {
    EpochRecord record;
    record.training_loss = history_.epoch_loss / real(data_.training_rows().size());
    record.gradient_norm = history_.epoch_norm / real(data_.steps_per_epoch());
    record.rate = trainer_.optimizer().schedule().at(step).rate;
    auto const epoch = std::ssize(history_.epochs) + 1, n = task_.options.epochs;
    if (epoch % task_.options.validation_every == 0 || epoch == n)
      record.validation_ratio = median_of(validation_ratios(epoch));
    history_.finish_epoch(record, trainer_.network().parameters());
    if (epoch > n - task_.options.average_epochs) history_.average(trainer_.network().parameters());
  }

  /// By validation cluster. Every rank has the same, and the same error if one is not finite.
  std::vector<double> validation_ratios(std::int64_t epoch) {
    std::vector<double> ratios;
    std::vector<std::int64_t> ids;
    auto const n = std::ssize(data_.validation_rows());
    auto const at_once = data_.validated_at_once();
    for (std::int64_t first = 0; first < n; first += at_once) {
      Range const places{first, std::min(first + at_once, n)};
      auto const errors =
          trainer_.evaluate(data_.validation_lanes(places),
                            [this](std::int64_t row) { return data_.benchmark_of(row); });
      for (std::int64_t cluster = 0; cluster < places.size(); ++cluster) {
        Trainer::LaneErrors sum;
        for (std::int64_t lane = 0; lane < task_.options.lanes; ++lane) {
          auto const& e = errors[cluster * task_.options.lanes + lane];
          sum.network += e.network, sum.benchmark += e.benchmark;
        }
        ratios.push_back(sum.network / sum.benchmark);
      }
      mark_progress("train: validation");
    }
    for (auto const row : data_.validation_rows()) ids.push_back(data_.cluster(row).id);
    try {
      require_finite(ratios, ids, epoch);
    } catch (Error const& error) {
      throw CollectiveError(error.code(), error.what());
    }
    return ratios;
  }

  std::string note() const {
    char text[96];
    if (history_.best_epoch < 0)
      std::snprintf(text, sizeof text, "loss %.4g", loss_);
    else
      std::snprintf(text, sizeof text, "loss %.4g  validation %.4f (best %.4f)", loss_,
                    history_.last_ratio(), history_.best_ratio());
    return text;
  }

  void save(std::int64_t done) {
    ModelState state;
    if (comm_.is_root()) {
      trainer_.save(state);
      state.description["history"] = history_;
      state.tensors["training/best_parameters"] = {{std::ssize(history_.best_parameters)},
                                                   history_.best_parameters};
      state.tensors["training/average_parameters"] = {{std::ssize(history_.average_parameters)},
                                                      history_.average_parameters};
    }
    save_state(context_, state, done);
  }

  void restore() {
    auto const state = restore_state(context_);
    collectively(comm_, "train: resuming", [&] {
      trainer_.restore(state);
      history_ = state.description.at("history").get<TrainingHistory>();
      history_.best_parameters = state.tensor("training/best_parameters").values;
      history_.average_parameters = state.tensor("training/average_parameters").values;
    });
  }

  TrainTask const& task_;
  Context& context_;
  Comm const& comm_;
  TrainingData data_;
  std::int64_t total_steps_;
  nlohmann::json start_;  ///< what the network has of the file that it goes on from; null: nothing
  Trainer trainer_;
  TrainingHistory history_;
  double loss_ = 0;  ///< of the last step
};

}  // namespace

void train_network(TrainTask const& task, Context& context) {
  use_one_thread();
  auto const device = device_description(task.options.device, context.comm().rank());
  Log::info("train: on ", device);
  context.note("device", device);
  TrainingRun run(task, context);
  run.go();
  run.write_products();
}

}  // namespace setsz
