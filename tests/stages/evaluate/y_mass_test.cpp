// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/y_mass.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

/// Y of the gas follow a power law with a scatter of 0.2; the prediction knows `known` of each
/// cluster's deviation.
std::vector<ClusterScore> clusters(double known, std::int64_t n = 2000) {
  Random random(1, Purpose::test);
  std::vector<ClusterScore> scores;
  for (std::int64_t i = 0; i < n; ++i) {
    ClusterScore score;
    score.m200c = 1e3 * std::exp(3 * random.uniform());
    double const mean = 1e-2 * std::pow(score.m200c / 1e4, 1.7);
    double const deviation = random.normal(), other = random.normal();
    score.y_gas = mean * std::exp(0.2 * deviation);
    score.y_pred =
        mean * std::exp(0.1 * (known * deviation + std::sqrt(1 - known * known) * other));
    score.y_benchmark = mean;
    scores.push_back(score);
  }
  return scores;
}

TEST(YMass, FindsThePowerLawAndTheScatter) {
  auto const report = y_mass_report(clusters(0.6), 100);
  EXPECT_NEAR(report["gas"]["slope"].get<double>(), 1.7, 0.02);
  EXPECT_NEAR(report["gas"]["intercept"].get<double>(), std::log(1e-2), 0.02);
  EXPECT_NEAR(report["gas"]["scatter"].get<double>(), 0.2, 0.01);
  EXPECT_NEAR(report["predicted"]["scatter"].get<double>(), 0.1, 0.005);
  EXPECT_NEAR(report["benchmark"]["scatter"].get<double>(), 0, 1e-9);
  EXPECT_NEAR(report["residual_correlation"].get<double>(), 0.6, 0.05);
  auto const& interval = report["gas"]["slope_68"];
  double const width = interval[1].get<double>() - interval[0].get<double>();
  // The error of a slope: scatter/(sqrt(n) x standard deviation of ln M, 3/sqrt(12)).
  EXPECT_NEAR(width, 2 * 0.2 / (std::sqrt(2000.0) * 3 / std::sqrt(12.0)), 0.3 * width);
  EXPECT_EQ(report["left_out"], 0);
}

TEST(YMass, LeavesOutClustersWithoutYAndSaysNothingOfTooFew) {
  auto scores = clusters(1, 10);
  scores[3].y_pred = 0;
  EXPECT_EQ(y_mass_report(scores, 20)["left_out"], 1);
  scores.resize(4);
  EXPECT_TRUE(y_mass_report(scores, 20).is_null());
}

}  // namespace
}  // namespace setsz
