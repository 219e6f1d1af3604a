// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/flux_work.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "model/drawn_states.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// Voxels of each cluster; of a small cube all.
constexpr std::int64_t n_targets = 1024;
/// Numbers the sample among the epochs; no training reaches it.
constexpr std::uint64_t flux_epoch = 0xfffffff0;

/// Codes of each cluster over which predictions are averaged: flux is corrected for new clusters,
/// whose gas is not known.
constexpr std::array<std::int64_t, 16> codes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/// P/P200 at the targets; of a network with a code the mean over some codes.
std::vector<double> mean_prediction(Network const& network, TargetBatch const& sample,
                                    std::uint64_t seed) {
  auto const states = drawn_states(network.options(), network.cluster_state(sample), seed,
                                   sample.cluster_row, codes);
  std::vector<double> mean(sample.size(), 0);
  for (auto const& prediction : network.predict_each(sample, {}, states))
    for (std::size_t t = 0; t < mean.size(); ++t)
      mean[t] += real(prediction[t]) / real(states.size());
  return mean;
}

/// Mean of p/P200 over all voxels within 2 R200, estimated from a sample of a cluster.
struct Means {
  double predicted = 0, outer = 0, gas = 0;
};
Means means_of(Network const& network, TargetBatch const& sample, std::uint64_t seed) {
  auto const predicted = mean_prediction(network, sample, seed);
  Means sum;
  for (std::size_t t = 0; t < predicted.size(); ++t) {
    auto const weight = real(sample.target_weight[t]);
    sum.predicted += weight * predicted[t];
    sum.outer += weight * predicted[t] * flux_share(norm(sample.position[t]));
    sum.gas += weight * real(sample.truth[t]);
  }
  auto const n = real(predicted.size());
  return {sum.predicted / n, sum.outer / n, sum.gas / n};
}

nlohmann::json part_report(std::vector<FluxSample> const& samples,
                           FluxCorrection const& correction) {
  return {{"n", samples.size()},
          {"y_pred_over_gas", flux_ratio(samples, {})},
          {"y_corrected_over_gas", flux_ratio(samples, correction)}};
}

}  // namespace

std::vector<FluxSample> sample_flux(Comm const& comm, Network const& network,
                                    TrainingData const& data,
                                    std::vector<std::int64_t> const& rows) {
  auto const needs = network.options().needs();
  DrawSizes const sizes{.targets = n_targets,
                        .lanes = 1,
                        .local_particles = needs.local_particles.in(Phase::prediction),
                        .cluster_particles = needs.cluster_particles.in(Phase::prediction)};
  std::vector<FluxSample> own;
  collectively(comm, "train: flux of the predictions", [&] {
    for (auto const& [row, cluster] : data.owned()) {
      if (!std::ranges::binary_search(rows, row)) continue;
      auto const means = means_of(
          network, cluster->draw(sizes, data.fixed_seed(), flux_epoch).front(), data.fixed_seed());
      double const unit = y_unit(data.cluster(row), data.teacher_of(row).table.cosmology.h) *
                          cluster->volume_r200();
      own.push_back({.m200c = cluster->input().m200c,
                     .y_pred = unit * means.predicted,
                     .y_outer = unit * means.outer,
                     .y_gas = unit * means.gas});
      mark_progress("train: flux");
    }
  });
  return comm.all_gather_v(own);  // owners are in row order
}

nlohmann::json fit_flux(Comm const& comm, Network const& network, TrainingData const& data,
                        std::int64_t n_bins) {
  auto const training = sample_flux(comm, network, data, data.training_rows());
  auto const validation = sample_flux(comm, network, data, data.validation_rows());
  // The network knows the training clusters, and gives them more of their Y than it gives to new
  // ones; the validation clusters are new but few. Both parts count the same.
  auto all = training;
  for (auto sample : validation) {
    sample.weight = real(training.size()) / real(validation.size());
    all.push_back(sample);
  }
  nlohmann::json report;
  collectively(comm, "train: flux correction", [&] {
    auto const correction = fit_flux_correction(all, n_bins);
    report = correction;
    report["training"] = part_report(training, correction);
    report["validation"] = part_report(validation, correction);
  });
  return report;
}

}  // namespace setsz
