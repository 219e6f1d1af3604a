// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/code_scale_work.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/train/check_sample.hpp"
#include "stages/train/code_scale.hpp"

namespace setsz {
namespace {

constexpr std::size_t n_shells = 8;
constexpr double radius_r200 = 2;
constexpr std::int64_t fewest_clusters = 5;
constexpr double smallest_scale = 0.25, largest_scale = 6;

std::size_t shell_of(TargetBatch const& sample, std::size_t target) {
  auto const shell = norm(sample.position[target]) / radius_r200 * real(n_shells);
  return std::min(static_cast<std::size_t>(shell), n_shells - 1);
}

std::vector<ShellDeparture> departures_of(TargetBatch const& sample,
                                          std::vector<std::vector<float>> const& predictions,
                                          double flux_strength) {
  std::array<double, n_shells> volume{}, gas{};
  std::vector<std::array<double, n_shells>> predicted(predictions.size());
  for (std::size_t t = 0; t < sample.truth.size(); ++t) {
    auto const shell = shell_of(sample, t);
    auto const weight = real(sample.target_weight[t]);
    double const flux = 1 + flux_strength * flux_share(norm(sample.position[t]));
    volume[shell] += weight;
    gas[shell] += weight * real(sample.truth[t]);
    for (std::size_t k = 0; k < predictions.size(); ++k)
      predicted[k][shell] += weight * flux * real(predictions[k][t]);
  }
  std::vector<ShellDeparture> departures;
  auto const n = real(predictions.size());
  for (std::size_t shell = 0; shell < n_shells; ++shell) {
    if (volume[shell] == 0) continue;
    ShellDeparture d{.gas = gas[shell] / volume[shell]};
    for (auto const& sums : predicted) d.predicted += sums[shell] / volume[shell] / n;
    for (auto const& sums : predicted)
      d.spread += std::pow(sums[shell] / volume[shell] - d.predicted, 2) / (n - 1);
    d.spread = std::sqrt(d.spread);
    departures.push_back(d);
  }
  return departures;
}

/// Of all validation clusters, the same on every rank.
std::vector<ShellDeparture> validation_departures(Comm const& comm, Network const& network,
                                                  TrainingData const& data,
                                                  FluxCorrection const& flux, double scale) {
  std::vector<ShellDeparture> own;
  collectively(comm, "train: spread of the predictions", [&] {
    for (auto const& [row, cluster] : data.owned()) {
      if (!std::ranges::binary_search(data.validation_rows(), row)) continue;
      auto const sample = check_sample(network.options(), *cluster, data.fixed_seed());
      auto const departures =
          departures_of(sample, predict_codes(network, sample, data.fixed_seed(), scale),
                        flux.strength(cluster->input().m200c));
      own.insert(own.end(), departures.begin(), departures.end());
      mark_progress("train: spread");
    }
  });
  return comm.all_gather_v(own);  // owners are in row order
}

}  // namespace

nlohmann::json fit_code_scale(Comm const& comm, Network const& network, TrainingData const& data,
                              FluxCorrection const& flux) {
  if (!network.options().has_code()) return {};
  auto const n = std::ssize(data.validation_rows());
  nlohmann::json report{{"scale", 1.0}, {"clusters", n}};
  if (n < fewest_clusters) {
    Log::warn("train: ", n,
              " validation clusters are too few to fit the spread of samples; codes "
              "keep the variance 1 of the training");
    return report;
  }
  constexpr int steps = 5;
  double scale = 1;
  for (int i = 0; i < steps; ++i) {
    auto const factor = spread_factor(validation_departures(comm, network, data, flux, scale));
    if (i == 0) report["spread_factor_at_1"] = std::min(factor, largest_scale);
    scale = std::clamp(scale * factor, smallest_scale, largest_scale);
  }
  report["scale"] = scale;
  return report;
}

}  // namespace setsz
