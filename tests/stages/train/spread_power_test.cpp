// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/spread_power.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/sample_spread.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/central_band.hpp"

namespace setsz {
namespace {

/// Part of 4000 shells whose gas lies within the central 68% of 16 samples that are spread by a
/// power. Gas and samples are log-normal about the same pressure.
double coverage(double power, double gas_scatter, double sample_scatter) {
  double held = 0;
  constexpr int n = 4000;
  for (int i = 0; i < n; ++i) {
    Random random(7, Purpose::test, static_cast<std::uint64_t>(i));
    double const level = 1 + 9 * random.uniform();
    double const gas = level * std::exp(gas_scatter * random.normal());
    std::vector<double> samples;
    for (int k = 0; k < 16; ++k)
      samples.push_back(
          spread_sample(level, level * std::exp(sample_scatter * random.normal()), power));
    held += central_band(samples, 0.68).holds(gas);
  }
  return held / n;
}

TEST(SpreadPower, IsTheRatioOfTheScattersOfLogNormalPressures) {
  for (auto const& [gas, samples] : {std::pair(0.3, 0.1), std::pair(0.1, 0.2)})
    EXPECT_NEAR(
        spread_power([&](double power) { return coverage(power, gas, samples); }, 0.68) * samples,
        gas, 0.05 * gas);
}

TEST(SpreadPower, BandsOfTheSpreadSamplesHoldWhatTheyShould) {
  auto const of = [](double power) { return coverage(power, 0.25, 0.1); };
  EXPECT_LT(of(1), 0.4);
  EXPECT_NEAR(of(spread_power(of, 0.68)), 0.68, 0.01);
}

TEST(SpreadSample, LeavesSamplesAsTheyAreWithThePowerOneAndNeverPassesAFactorThree) {
  for (double const sample : {0.01, 0.5, 2.0, 70.0}) {
    EXPECT_NEAR(spread_sample(1, sample, 1), sample, 1e-12 * sample);
    double const spread = spread_sample(1, sample, 8);
    EXPECT_LE(std::abs(std::log(spread)),
              std::max(std::log(3.0), std::abs(std::log(sample))) + 1e-12);
    EXPECT_GE(std::abs(std::log(spread)), std::abs(std::log(sample)) - 1e-12);
  }
  EXPECT_NEAR(spread_sample(2, 2.2, 3), 2 * std::pow(1.1, 3), 1e-12);
  EXPECT_EQ(spread_sample(0, 2, 3), 6);
  EXPECT_EQ(spread_sample(2, 0, 3), 0);
}

TEST(SpreadPower, StaysWithinItsRange) {
  EXPECT_EQ(spread_power([](double) { return 0.0; }, 0.68), largest_power);
  EXPECT_EQ(spread_power([](double) { return 1.0; }, 0.68), smallest_power);
}

}  // namespace
}  // namespace setsz
