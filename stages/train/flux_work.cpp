// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/flux_work.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/train/check_sample.hpp"

namespace setsz {
namespace {

/// P/P200 at the targets; of a network with a code the mean over some codes.
std::vector<double> mean_prediction(Network const& network, TargetBatch const& sample,
                                    std::uint64_t seed, double spread) {
  auto const predictions = predict_codes(network, sample, seed);
  auto const n = predictions.samples.size();
  std::vector<double> mean(sample.size(), 0);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t t = 0; t < mean.size(); ++t)
      mean[t] += predictions.spread(k, t, spread) / real(n);
  return mean;
}

/// Mean of p/P200 over all voxels within 2 R200, estimated from a sample of a cluster.
struct Means {
  double predicted = 0, outer = 0, gas = 0;
};
Means means_of(Network const& network, TargetBatch const& sample, std::uint64_t seed,
               double spread) {
  auto const predicted = mean_prediction(network, sample, seed, spread);
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
                                    TrainingData const& data, std::vector<std::int64_t> const& rows,
                                    double spread) {
  std::vector<FluxSample> own;
  collectively(comm, "train: flux of the predictions", [&] {
    data.share(rows, [&](TrainingCluster const& cluster) {
      auto const sample = check_sample(network.options(), cluster, data.fixed_seed());
      auto const means = means_of(network, sample, data.fixed_seed(), spread);
      auto const row = cluster.row();
      double const unit =
          y_unit(data.cluster(row), data.teacher_of(row).table.cosmology.h) * cluster.volume_r200();
      own.push_back({.m200c = cluster.input().m200c,
                     .y_pred = unit * means.predicted,
                     .y_outer = unit * means.outer,
                     .y_gas = unit * means.gas});
      mark_progress("train: flux");
    });
  });
  return comm.all_gather_v(own);  // shares are in row order
}

nlohmann::json fit_flux(Comm const& comm, Network const& network, TrainingData const& data,
                        std::int64_t n_bins, double spread) {
  std::vector<std::int64_t> rows;
  std::ranges::merge(data.training_rows(), data.validation_rows(), std::back_inserter(rows));
  std::vector<FluxSample> training, validation;
  for (auto const& sample : sample_flux(comm, network, data, rows, spread)) {
    auto const row = rows[training.size() + validation.size()];
    bool const taught = std::ranges::binary_search(data.training_rows(), row);
    (taught ? training : validation).push_back(sample);
  }
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
