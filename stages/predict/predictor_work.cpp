// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/predictor_work.hpp"

#include <algorithm>
#include <utility>

#include "model/drawn_states.hpp"
#include "model/model_file.hpp"
#include "model/sample_spread.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// Epoch number of the samples of a prediction: no training reaches it.
constexpr std::uint64_t prediction_epoch = 0xfffffffd;

std::uint64_t stream(std::int64_t row) {
  return (prediction_epoch << 32) | static_cast<std::uint64_t>(row);
}

FluxCorrection flux_correction_of(ModelState const& model, std::string const& product) {
  require(model.description.contains("flux"), ExitCode::config, "'", product,
          "' has no flux correction (an earlier version has trained it); train it again, or set "
          "[predict] flux_correction = no");
  return model.description.at("flux").get<FluxCorrection>();
}

/// 1 for a network without a code.
double sample_spread_of(ModelState const& model, std::string const& product) {
  if (!model.description.contains("sample_spread")) return 1;
  double const power = model.description.at("sample_spread").value("power", 0.0);
  require(power > 0 && power < 100, ExitCode::bad_data, "'", product, "' has the sample spread ",
          power, ", expected a positive number; train it again");
  return power;
}

}  // namespace

Predictor::Predictor(std::string const& path, PredictTask const& task, int rank,
                     std::vector<std::int64_t> realisations)
    : Predictor(read_model(path), path, task, rank, std::move(realisations)) {}

Predictor::Predictor(ModelState const& state, std::string const& path, PredictTask const& task,
                     int rank, std::vector<std::int64_t> realisations)
    : network_(Network::from_state(state)),
      n_cluster_particles_(task.section.network.needs().cluster_particles.in(Phase::prediction)),
      realisations_(std::move(realisations)),
      training_clusters_(state.training_clusters) {
  require(state.description.contains("sampling_seed"), ExitCode::bad_data, "'", path,
          "' has no sampling_seed; it was written by another version of setsz, train it again");
  seed_ = state.description.at("sampling_seed").get<std::uint64_t>();
  benchmark_ = state.description.at("benchmark").get<GnfwParameters>();
  if (task.options.flux_correction) flux_ = flux_correction_of(state, path);
  if (task.options.sample_spread) spread_ = sample_spread_of(state, path);
  network_.use(task.options.device, rank);
  network_.use(task.options.arithmetic);
  require(network_.options() == task.section.network, ExitCode::internal, "'", path,
          "' is another network than [model.", task.model, "]");
}

void Predictor::begin(ClusterSampler const& sampler, std::int64_t row, std::int64_t id) {
  auto const& options = network_.options();
  whole_ =
      sampler.batch(row, n_cluster_particles_, Random(seed_, Purpose::cluster_sample, stream(row)));
  auto const known = network_.cluster_state(whole_);
  auto const zero = without_code(options, known);
  shown_ = zero;
  states_ = {zero};
  if (!realisations_.empty()) states_ = drawn_states(options, known, seed_, id, realisations_);
  if (realisations_.size() == 1) shown_ = states_.front();
  if (!whole_.cluster.residuals.empty()) states_.push_back(known);
  if (spreads()) states_.push_back(zero);
}

std::vector<std::vector<float>> Predictor::operator()(TargetBatch const& batch,
                                                      ChunkSize chunk) const {
  auto predictions = network_.predict_each(batch, chunk, states_);
  if (!spreads()) return predictions;
  auto const base = std::move(predictions.back());
  predictions.pop_back();
  for (std::int64_t s = 0; s < n_samples(); ++s)
    for (std::size_t t = 0; t < base.size(); ++t)
      predictions[s][t] = single(spread_sample(real(base[t]), real(predictions[s][t]), spread_));
  return predictions;
}

Random Predictor::local_stream(std::int64_t voxel) const {
  return Random(seed_, Purpose::local_sample, stream(whole_.cluster_row),
                static_cast<std::uint64_t>(voxel));
}

}  // namespace setsz
