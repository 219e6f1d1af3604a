// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/cluster_prediction_work.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

void ClusterPrediction::choose_targets(GnfwShape const& profile, double tolerance) {
  adaptive_.emplace(lattice_, voxels_, profile_at(lattice_, voxels_, profile, mean_shift()),
                    tolerance);
  known_.assign(predictors_.size(), {});
  while (!adaptive_->wanted().empty()) adaptive_->add(evaluate_targets(adaptive_->wanted()));
  if (!adaptive_->is_too_fine()) return;
  adaptive_.reset();
  known_.clear();
  n_evaluated_ = 0;
}

/// The mean over all samples of all networks, as the product holds it; keeps each of them.
std::vector<double> ClusterPrediction::evaluate_targets(std::span<std::int64_t const> places) {
  std::vector<double> mean(places.size(), 0);
  std::int64_t n_predictions = 0;
  for (auto const& predictor : predictors_) n_predictions += predictor.n_samples();
  auto const block = static_cast<std::size_t>(task_.options.block_voxels);
  for (std::size_t network = 0; network < predictors_.size(); ++network)
    for (std::size_t first = 0; first < places.size(); first += block) {
      auto const some = places.subspan(first, std::min(block, places.size() - first));
      auto const predictions = evaluate(network, some);
      auto& known = known_[network];
      known.resize(predictions.size());
      for (std::size_t s = 0; s < predictions.size(); ++s)
        known[s].insert(known[s].end(), predictions[s].begin(), predictions[s].end());
      for (std::int64_t s = 0; s < predictors_[network].n_samples(); ++s)
        for (std::size_t i = 0; i < some.size(); ++i)
          mean[first + i] += real(predictions[s][i]) / real(n_predictions);
      mark_progress("predict");
    }
  for (double const p : mean)
    require(std::isfinite(p), ExitCode::internal, "the network predicts a pressure of ", p,
            " P200 in row ", inputs_.row(), " of clusters.h5; is the model trained?");
  n_evaluated_ += std::ssize(places);
  return mean;
}

std::vector<std::vector<float>> ClusterPrediction::evaluate(
    std::size_t network, std::span<std::int64_t const> places) const {
  auto const& predictor = predictors_[network];
  auto batch = predictor.whole();
  auto const& needs = task_.section.network.needs();
  auto const n_local = needs.local_particles.in(Phase::prediction);
  std::int64_t const n = lattice_.n;
  for (auto const place : places) {
    std::int64_t const voxel = voxels_[place];
    inputs_.sampler().add_target(batch,
                                 lattice_.centre_r200(voxel / (n * n), voxel / n % n, voxel % n),
                                 n_local, predictor.local_stream(voxel));
    auto const columns = inputs_.columns(place);
    batch.columns.insert(batch.columns.end(), columns.begin(), columns.end());
  }
  std::int64_t const targets = task_.section.network.has_code() ? 512 : 64;
  return predictor(batch, {.rows = task_.options.chunk_rows, .targets = targets});
}

std::vector<std::vector<float>> ClusterPrediction::operator()(std::size_t network, Range voxels) {
  if (!adaptive_) {
    std::vector<std::int64_t> places(voxels.size());
    std::iota(places.begin(), places.end(), voxels.first);
    if (network == 0) n_evaluated_ += voxels.size();
    mark_progress("predict");
    return evaluate(network, places);
  }
  auto const& known = known_[network];
  std::vector<std::vector<float>> predictions(known.size());
  for (auto place = voxels.first; place < voxels.last; ++place) {
    auto const stencil = adaptive_->stencil(place);
    for (std::size_t s = 0; s < known.size(); ++s) {
      double value = 0;
      for (std::size_t i = 0; i < stencil.size; ++i)
        value += stencil.weight[i] * real(known[s][stencil.index[i]]);
      predictions[s].push_back(single(value));
    }
  }
  return predictions;
}

/// Of the centre of the pressure, where networks move it [R200].
Vec3 ClusterPrediction::mean_shift() const {
  Vec3 mean{};
  for (auto const& predictor : predictors_) {
    auto const found = predictor.shown().find("shift");
    if (found == predictor.shown().end()) continue;
    auto const& shift = found->second;
    mean = mean + 1 / real(predictors_.size()) * Vec3{shift[0], shift[1], shift[2]};
  }
  return mean;
}

}  // namespace setsz
