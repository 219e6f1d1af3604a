// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/scores.hpp"

#include <algorithm>
#include <cmath>

#include "model/flux_correction.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr double histogram_low = -4, histogram_high = 2;
constexpr std::size_t histogram_bins = 60;

void count_pressure(std::vector<std::int64_t>& counts, double p) {
  double const x =
      p > 0 ? (std::log10(p) - histogram_low) / (histogram_high - histogram_low) : -1.0;
  if (x < 0)
    ++counts.front();
  else if (x >= 1)
    ++counts.back();
  else
    ++counts[1 + static_cast<std::size_t>(x * real(histogram_bins))];
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
                             std::int64_t n_shells, double flux_strength) {
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
    count->assign(histogram_bins + 2, 0);
  std::vector<double> in_shell(n, 0);
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t s) {
    auto const p = real(predicted[voxel]), t = real(gas[voxel]);
    double const uncorrected = p / (1 + flux_strength * flux_share(radius[s])) - t;
    result.loss += (p - t) * (p - t);
    result.loss_uncorrected += uncorrected * uncorrected;
    result.sum_predicted += p;
    result.sum_gas += t;
    ++result.n_voxels;
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
  result.loss /= real(result.n_voxels);
  result.loss_uncorrected /= real(result.n_voxels);
  for (auto* mean : {&curves.gas, &curves.predicted, &curves.benchmark})
    for (std::size_t shell = 0; shell < n; ++shell)
      (*mean)[shell] = in_shell[shell] > 0 ? (*mean)[shell] / in_shell[shell] : 0;
  return result;
}

SeedScore compare_with_mean(CubeLattice const& lattice, std::span<float const> predicted,
                            std::span<float const> mean, std::span<float const> gas) {
  SeedScore score;
  double n_voxels = 0;
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t) {
    double const error = real(predicted[voxel]) - real(gas[voxel]);
    score.loss += error * error;
    score.shared += error * (real(mean[voxel]) - real(gas[voxel]));
    score.y_pred += real(predicted[voxel]);
    n_voxels += 1;
  });
  score.loss /= n_voxels;
  score.shared /= n_voxels;
  return score;
}

}  // namespace setsz
