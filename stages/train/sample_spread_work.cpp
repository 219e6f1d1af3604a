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
#include "stages/common/central_band.hpp"
#include "stages/train/check_sample.hpp"
#include "stages/train/spread_power.hpp"

namespace setsz {
namespace {

/// Half as many as the profiles of evaluate: a shell holds some of the voxels that are looked at.
constexpr std::size_t n_shells = 16;
constexpr double radius_r200 = 2;
constexpr double held = 0.68;  // by the bands of evaluate
constexpr std::int64_t fewest_clusters = 5;

/// Shells whose gas lies within the band of the samples, of so many.
struct Held {
  std::int64_t inside = 0, shells = 0;
};

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

  void count(double power, Held& count) const {
    Sums volume{}, gas{};
    std::array<std::vector<double>, n_shells> samples;
    for (auto& shell : samples) shell.resize(predictions_.samples.size());
    for (std::size_t t = 0; t < sample_.truth.size(); ++t) {
      auto const shell = shell_of(sample_, t);
      auto const weight = real(sample_.target_weight[t]);
      double const flux = 1 + flux_strength_ * flux_share(norm(sample_.position[t]));
      volume[shell] += weight;
      gas[shell] += weight * real(sample_.truth[t]);
      for (std::size_t k = 0; k < samples[shell].size(); ++k)
        samples[shell][k] += weight * flux * predictions_.spread(k, t, power);
    }
    for (std::size_t shell = 0; shell < n_shells; ++shell) {
      if (volume[shell] == 0) continue;
      count.inside += central_band(samples[shell], held).holds(gas[shell]);
      ++count.shells;
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
    data.share(data.validation_rows(), [&](TrainingCluster const& cluster) {
      auto sample = check_sample(network.options(), cluster, data.fixed_seed());
      auto predictions = predict_codes(network, sample, data.fixed_seed());
      own.emplace_back(std::move(sample), std::move(predictions),
                       flux.strength(cluster.input().m200c));
      mark_progress("train: spread");
    });
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
  auto const coverage = [&](double power) {
    Held mine;
    for (auto const& cluster : own) cluster.count(power, mine);
    auto const inside = comm.all_sum(mine.inside), shells = comm.all_sum(mine.shells);
    return real(inside) / real(std::max<std::int64_t>(shells, 1));
  };
  report["coverage_at_1"] = coverage(1);
  report["power"] = spread_power(coverage, held);
  return report;
}

}  // namespace setsz
