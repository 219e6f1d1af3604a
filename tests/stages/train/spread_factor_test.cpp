// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/spread_factor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

std::vector<ShellDeparture> normal_shells(double scatter, double spread) {
  Random random(7, Purpose::test);
  std::vector<ShellDeparture> shells;
  for (int i = 0; i < 4000; ++i) {
    double const level = 1 + 9 * random.uniform();
    shells.push_back({.gas = level * (1 + scatter * random.normal()),
                      .predicted = level,
                      .spread = level * spread});
  }
  return shells;
}

TEST(SpreadFactor, IsTheRatioOfTheScattersOfNormalDepartures) {
  // The 68% quantile of 4000 normal numbers is known to 1.5%.
  EXPECT_NEAR(spread_factor(normal_shells(0.3, 0.1)), 3, 0.15);
  EXPECT_NEAR(spread_factor(normal_shells(0.1, 0.2)), 0.5, 0.025);
}

TEST(SpreadFactor, BandsOfTheScaledSpreadHoldTwoThirds) {
  auto const shells = normal_shells(0.25, 0.1);
  double const factor = spread_factor(shells);
  double held = 0;
  for (auto const& shell : shells)
    held += std::abs(shell.gas - shell.predicted) <= factor * shell.spread;
  EXPECT_NEAR(held / real(std::ssize(shells)), 0.6827, 1e-3);
}

TEST(SpreadFactor, OneWildShellDecidesNothing) {
  auto shells = normal_shells(0.3, 0.1);
  double const before = spread_factor(shells);
  shells.front().gas = 1e6;
  shells[1].spread = 0;
  EXPECT_NEAR(spread_factor(shells), before, 0.01);
}

}  // namespace
}  // namespace setsz
