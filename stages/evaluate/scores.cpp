// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/scores.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/mass_bins.hpp"

namespace setsz {
namespace {

constexpr double histogram_low = -4, histogram_high = 2;
constexpr std::size_t histogram_bins = 60;

void count_pressure(std::vector<std::int64_t>& counts, double p) {
  if (p <= 0) return;
  double const x = (std::log10(p) - histogram_low) / (histogram_high - histogram_low);
  if (x < 0 || x >= 1) return;
  ++counts[static_cast<std::size_t>(x * real(histogram_bins))];
}

double percentile(std::vector<double> const& sorted, double fraction) {
  double const at = fraction * real(sorted.size() - 1);
  auto const below = static_cast<std::size_t>(at);
  auto const above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - real(below)) * (sorted[above] - sorted[below]);
}

/// Sum of Y of some clusters over that of their gas, and the scatter of single ones.
nlohmann::json y_summary(std::span<ClusterScore const> scores) {
  double predicted = 0, benchmark = 0, gas = 0;
  std::vector<double> ratios, benchmark_ratios;
  for (auto const& score : scores) {
    predicted += score.y_pred;
    benchmark += score.y_benchmark;
    gas += score.y_gas;
    ratios.push_back(score.y_pred / score.y_gas);
    benchmark_ratios.push_back(score.y_benchmark / score.y_gas);
  }
  auto const scatter = [](std::vector<double> const& values) {  // of ln(Y/Y_gas), rms
    double sum = 0, sum2 = 0;
    for (double const value : values) {
      double const x = std::log(value);
      sum += x;
      sum2 += x * x;
    }
    auto const n = real(values.size());
    return std::sqrt(std::max(0.0, sum2 / n - sum * sum / (n * n)));
  };
  return {{"sum_pred_over_gas", predicted / gas},
          {"sum_benchmark_over_gas", benchmark / gas},
          {"median_pred_over_gas", median(ratios)},
          {"median_benchmark_over_gas", median(benchmark_ratios)},
          {"scatter_ln_pred", scatter(ratios)},
          {"scatter_ln_benchmark", scatter(benchmark_ratios)}};
}

}  // namespace

std::vector<double> shell_edges(std::int64_t n_shells) {
  std::vector<double> edges;
  for (std::int64_t i = 0; i <= n_shells; ++i)
    edges.push_back(score_radius_r200 * real(i) / real(n_shells));
  return edges;
}

std::vector<double> histogram_edges() {
  std::vector<double> edges;
  for (std::size_t i = 0; i <= histogram_bins; ++i)
    edges.push_back(histogram_low +
                    (histogram_high - histogram_low) * real(i) / real(histogram_bins));
  return edges;
}

CubeComparison compare_cubes(CubeLattice const& lattice, std::span<float const> predicted,
                             std::span<float const> gas, GnfwShape const& benchmark,
                             std::int64_t n_shells) {
  std::size_t const n = n_shells;
  std::vector<double> profile, radius;  // the benchmark, by lattice shell
  for (std::int64_t s = 0; s < lattice.n_shells(score_radius_r200); ++s) {
    radius.push_back(lattice.shell_radius_r200(s));
    profile.push_back(gnfw(benchmark, radius.back()));
  }
  CubeComparison result{};
  auto& curves = result.curves;
  for (auto* mean : {&curves.gas, &curves.predicted, &curves.benchmark}) mean->assign(n, 0);
  for (auto* count : {&curves.gas_count, &curves.predicted_count, &curves.benchmark_count})
    count->assign(histogram_bins, 0);
  std::vector<double> in_shell(n, 0);
  double n_voxels = 0;
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t s) {
    auto const p = real(predicted[voxel]), t = real(gas[voxel]);
    result.loss += (p - t) * (p - t);
    result.sum_predicted += p;
    result.sum_gas += t;
    n_voxels += 1;
    auto const shell =
        std::min(n - 1, static_cast<std::size_t>(radius[s] / score_radius_r200 * real(n)));
    in_shell[shell] += 1;
    curves.gas[shell] += t;
    curves.predicted[shell] += p;
    curves.benchmark[shell] += profile[s];
    count_pressure(curves.gas_count, t);
    count_pressure(curves.predicted_count, p);
    count_pressure(curves.benchmark_count, profile[s]);
  });
  result.loss /= n_voxels;
  for (auto* mean : {&curves.gas, &curves.predicted, &curves.benchmark})
    for (std::size_t shell = 0; shell < n; ++shell)
      (*mean)[shell] = in_shell[shell] > 0 ? (*mean)[shell] / in_shell[shell] : 0;
  return result;
}

double median(std::vector<double> values) {
  auto const half = values.size() / 2;
  std::sort(values.begin(), values.end());
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

BootstrapInterval bootstrap_median(std::span<double const> values, std::int64_t n_resamples,
                                   std::int64_t seed) {
  std::vector<double> medians, sample(values.size());
  for (std::int64_t i = 0; i < n_resamples; ++i) {
    Random random(static_cast<std::uint64_t>(seed), Purpose::bootstrap,
                  static_cast<std::uint64_t>(i));
    for (auto& value : sample) value = values[random.below(values.size())];
    medians.push_back(median(sample));
  }
  std::sort(medians.begin(), medians.end());
  return {percentile(medians, 0.025), percentile(medians, 0.16), percentile(medians, 0.84),
          percentile(medians, 0.975)};
}

nlohmann::json score_report(std::span<ClusterScore const> scores, std::int64_t n_mass_bins,
                            std::int64_t n_resamples, std::int64_t seed) {
  require(!scores.empty(), ExitCode::bad_data, "no cluster to score");
  std::vector<double> ratios, masses;
  double mean = 0, loss = 0, loss_benchmark = 0;
  auto table = nlohmann::json::array();
  for (auto const& score : scores) {
    ratios.push_back(score.ratio());
    masses.push_back(score.m200c);
    mean += score.ratio() / real(scores.size());
    loss += score.loss;
    loss_benchmark += score.loss_benchmark;
    table.push_back({{"cluster", score.row},
                     {"id", score.id},
                     {"m200c", score.m200c},
                     {"fold", score.fold},
                     {"loss", score.loss},
                     {"loss_benchmark", score.loss_benchmark},
                     {"ratio", score.ratio()},
                     {"y_pred", score.y_pred},
                     {"y_gas", score.y_gas},
                     {"y_benchmark", score.y_benchmark}});
  }
  auto bins = nlohmann::json::array();
  for (auto const& bin : mass_bins(masses, n_mass_bins)) {
    std::vector<ClusterScore> members;
    std::vector<double> bin_ratios;
    for (auto const i : bin.members) {
      members.push_back(scores[i]);
      bin_ratios.push_back(ratios[i]);
    }
    bins.push_back({{"m200c_low", bin.m200c_low},
                    {"m200c_high", bin.m200c_high},
                    {"clusters", members.size()},
                    {"median_ratio", median(bin_ratios)},
                    {"y", y_summary(members)}});
  }
  auto const interval = bootstrap_median(ratios, n_resamples, seed);
  return {{"n_clusters", scores.size()},
          {"L_opt", median(ratios)},
          {"L_opt_68", {interval.p16, interval.p84}},
          {"L_opt_95", {interval.p2_5, interval.p97_5}},
          {"mean_ratio", mean},
          {"ratio_of_mean_losses", loss / loss_benchmark},
          {"y", y_summary(scores)},
          {"mass_bins", bins},
          {"clusters", table}};
}

}  // namespace setsz
