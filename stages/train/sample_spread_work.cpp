// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/sample_spread_work.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/train/check_sample.hpp"
#include "stages/train/spread_factor.hpp"

namespace setsz {
namespace {

constexpr std::size_t n_shells = 8;
constexpr double radius_r200 = 2;
constexpr std::int64_t fewest_clusters = 5;
constexpr double smallest_power = 0.25, largest_power = 8;

std::size_t shell_of(TargetBatch const& sample, std::size_t target) {
  auto const shell = norm(sample.position[target]) / radius_r200 * real(n_shells);
  return std::min(static_cast<std::size_t>(shell), n_shells - 1);
}

/// Means of a cluster's samples in shells, and of its gas.
class SampledShells {
 public:
  SampledShells(TargetBatch sample, CheckedPredictions predictions, double flux_strength)
      : sample_(std::move(sample)),
        predictions_(std::move(predictions)),
        flux_strength_(flux_strength) {}

  void add_departures(double power, std::vector<ShellDeparture>& departures) const {
    Sums volume{}, gas{};
    std::vector<Sums> predicted(predictions_.samples.size());
    for (std::size_t t = 0; t < sample_.truth.size(); ++t) {
      auto const shell = shell_of(sample_, t);
      auto const weight = real(sample_.target_weight[t]);
      double const flux = 1 + flux_strength_ * flux_share(norm(sample_.position[t]));
      volume[shell] += weight;
      gas[shell] += weight * real(sample_.truth[t]);
      for (std::size_t k = 0; k < predicted.size(); ++k)
        predicted[k][shell] += weight * flux * predictions_.spread(k, t, power);
    }
    auto const n = real(predicted.size());
    for (std::size_t shell = 0; shell < n_shells; ++shell) {
      if (volume[shell] == 0) continue;
      ShellDeparture d{.gas = gas[shell] / volume[shell]};
      for (auto const& sums : predicted) d.predicted += sums[shell] / volume[shell] / n;
      for (auto const& sums : predicted)
        d.spread += std::pow(sums[shell] / volume[shell] - d.predicted, 2) / (n - 1);
      d.spread = std::sqrt(d.spread);
      departures.push_back(d);
    }
  }

 private:
  using Sums = std::array<double, n_shells>;

  TargetBatch sample_;
  CheckedPredictions predictions_;
  double flux_strength_;
};

std::vector<SampledShells> own_validation(Comm const& comm, Network const& network,
                                          TrainingData const& data, FluxCorrection const& flux) {
  std::vector<SampledShells> own;
  collectively(comm, "train: spread of the samples", [&] {
    for (auto const& [row, cluster] : data.owned()) {
      if (!std::ranges::binary_search(data.validation_rows(), row)) continue;
      auto sample = check_sample(network.options(), *cluster, data.fixed_seed());
      auto predictions = predict_codes(network, sample, data.fixed_seed());
      own.emplace_back(std::move(sample), std::move(predictions),
                       flux.strength(cluster->input().m200c));
      mark_progress("train: spread");
    }
  });
  return own;
}

}  // namespace

nlohmann::json fit_sample_spread(Comm const& comm, Network const& network, TrainingData const& data,
                                 FluxCorrection const& flux) {
  if (!network.options().has_code()) return {};
  auto const n = std::ssize(data.validation_rows());
  nlohmann::json report{{"power", 1.0}, {"clusters", n}};
  if (n < fewest_clusters) {
    Log::warn("train: ", n,
              " validation clusters are too few to fit the spread of samples; they stay as the "
              "network gives them");
    return report;
  }
  auto const own = own_validation(comm, network, data, flux);
  constexpr int steps = 8;
  double power = 1;
  for (int i = 0; i < steps; ++i) {
    std::vector<ShellDeparture> departures;
    for (auto const& cluster : own) cluster.add_departures(power, departures);
    // Owners are in row order: every rank finds the same power.
    double const factor = spread_factor(comm.all_gather_v(departures));
    if (i == 0) report["factor_at_1"] = std::min(factor, largest_power);
    power = std::clamp(power * factor, smallest_power, largest_power);
  }
  report["power"] = power;
  return report;
}

}  // namespace setsz
