// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/scores.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/fit/radial_sums.hpp"

namespace setsz {
namespace {

CubeLattice const lattice{16, 5};
GnfwShape const shape{3, 0.6, 4};

std::vector<float> noise(std::uint64_t seed) {
  Random random(seed, Purpose::test);
  std::vector<float> values(lattice.n_cells());
  for (auto& value : values) value = single(std::exp(random.normal()));
  return values;
}

TEST(CompareCubes, LossIsTheMeanSquareOverVoxelsWithinTwoRadii) {
  auto const predicted = noise(1), gas = noise(2);
  double sum = 0, sum_gas = 0, count = 0;
  std::size_t voxel = 0;
  for (std::int64_t i = 0; i < 16; ++i)
    for (std::int64_t j = 0; j < 16; ++j)
      for (std::int64_t k = 0; k < 16; ++k, ++voxel) {
        if (norm(lattice.centre_r200(i, j, k)) >= 2) continue;
        auto const p = real(predicted[voxel]);
        auto const t = real(gas[voxel]);
        sum += (p - t) * (p - t);
        sum_gas += t;
        count += 1;
      }
  auto const result = compare_cubes(lattice, predicted, gas, shape, 5);
  EXPECT_NEAR(result.loss, sum / count, 1e-12);
  EXPECT_NEAR(result.sum_gas, sum_gas, 1e-9);
}

TEST(CompareCubes, APredictionThatIsTheBenchmarkHasItsLossAndCurves) {
  std::vector<float> predicted(lattice.n_cells(), 0);
  lattice.each_within(3, [&](std::size_t voxel, std::size_t s) {
    double const r = lattice.shell_radius_r200(static_cast<std::int64_t>(s));
    predicted[voxel] = single(gnfw(shape, r));
  });
  auto const gas = noise(3);
  auto const sums = radial_sums(lattice, gas);
  auto const result = compare_cubes(lattice, predicted, gas, shape, 5);
  EXPECT_NEAR(result.loss / spherical_loss(sums, gnfw_at_shells(shape, sums)), 1, 1e-6);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_NEAR(result.curves.predicted[i], result.curves.benchmark[i], 1e-6);
  EXPECT_EQ(result.curves.predicted_count, result.curves.benchmark_count);
  EXPECT_EQ(std::accumulate(result.curves.predicted_count.begin(),
                            result.curves.predicted_count.end(), 0.0),
            sums.n_voxels);
}

TEST(Median, OfOddAndEvenNumbers) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(median({7}), 7);
}

TEST(Bootstrap, IntervalOfTheMedianHasItsKnownWidth) {
  // The median of n normal numbers scatters by sqrt(pi/2n).
  Random random(1, Purpose::test);
  std::vector<double> values(2000);
  for (auto& value : values) value = random.normal();
  auto const interval = bootstrap_median(values, 2000, 7);
  double const sigma = std::sqrt(std::numbers::pi / 2 / 2000);
  EXPECT_NEAR((interval.p84 - interval.p16) / 2 / sigma, 1, 0.2);
  EXPECT_NEAR((interval.p97_5 - interval.p2_5) / 3.92 / sigma, 1, 0.2);
  EXPECT_LT(interval.p2_5, interval.p16);
  EXPECT_LT(std::abs(interval.p16 + interval.p84) / 2, 3 * sigma);
}

TEST(Bootstrap, IsAFunctionOfTheSeed) {
  std::vector<double> const values{1, 2, 3, 5, 8, 13};
  EXPECT_EQ(bootstrap_median(values, 100, 1).p16, bootstrap_median(values, 100, 1).p16);
  auto const one = bootstrap_median({&values[0], 1}, 10, 1);
  EXPECT_EQ(one.p2_5, 1);
  EXPECT_EQ(one.p97_5, 1);
}

TEST(ScoreReport, HoldsMedianMeanBinsAndTable) {
  std::vector<ClusterScore> scores;
  for (int i = 0; i < 9; ++i)
    scores.push_back({.row = i,
                      .id = 100 + i,
                      .fold = i % 3,
                      .m200c = 1000.0 * (i + 1),
                      .loss = 0.1 * (i + 1),
                      .loss_benchmark = 1,
                      .y_pred = 2.2,
                      .y_gas = 2,
                      .y_benchmark = 1});
  auto const report = score_report(scores, 3, 200, 1);
  EXPECT_EQ(report["n_clusters"], 9);
  EXPECT_NEAR(report["L_opt"].get<double>(), 0.5, 1e-12);
  EXPECT_NEAR(report["mean_ratio"].get<double>(), 0.5, 1e-12);
  EXPECT_NEAR(report["y"]["sum_pred_over_gas"].get<double>(), 1.1, 1e-12);
  EXPECT_NEAR(report["y"]["scatter_ln_pred"].get<double>(), 0, 1e-7);
  ASSERT_EQ(report["mass_bins"].size(), 3U);
  EXPECT_NEAR(report["mass_bins"][2]["median_ratio"].get<double>(), 0.8, 1e-12);
  EXPECT_EQ(report["clusters"][4]["id"], 104);
  EXPECT_LE(report["L_opt_95"][0], report["L_opt_68"][0]);
  EXPECT_GE(report["L_opt_95"][1], report["L_opt_68"][1]);
  EXPECT_THROW(score_report({}, 3, 10, 1), Error);
}

}  // namespace
}  // namespace setsz
