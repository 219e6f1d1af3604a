// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/gas_checks.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace setsz {
namespace {

bool says(GasFigures const& figures, std::string const& words) {
  return implausible_gas(figures).find(words) != std::string::npos;
}

TEST(GasChecks, AcceptTheGasOfClustersAndOneOddCluster) {
  EXPECT_EQ(implausible_gas({{0.9, 0.8, 0.01}, {0.4, 0.3, 20}, 0.2}), "");
  EXPECT_EQ(implausible_gas({{}, {}, 0}), "");
}

TEST(GasChecks, NameTheLikelyCause) {
  EXPECT_TRUE(says({{0.1, 0.2, 0.9}, {0.4, 0.4, 0.4}, 0}, "another realisation"));
  EXPECT_TRUE(says({{1.5, 1.4, 1.5}, {0.4, 0.4, 0.4}, 0}, "unit of Masses"));
  EXPECT_TRUE(says({{0.9, 0.9, 0.9}, {4e9, 4e9, 4e9}, 0}, "InternalEnergy"));
  EXPECT_TRUE(says({{0.9, 0.9, 0.9}, {0, 0, 0}, 1}, "StarFormationRate"));
}

TEST(GasChecks, FieldsFitEachOther) {
  constexpr double h = 0.6774, a = 1 / 1.5;
  auto const why = [](GasFigures const& figures) { return implausible_fields(figures, h, a); };
  EXPECT_EQ(why({}), "");
  EXPECT_EQ(why({.filled = 0.67, .hot_electrons = 1.2, .neighbours = 200}), "") << "SPH, metals";
  auto const says = [&](GasFigures const& figures, std::string const& words) {
    return why(figures).find(words) != std::string::npos;
  };
  for (double const full : {1.0, 0.69}) {
    EXPECT_TRUE(says({.filled = full / (h * h)}, "1/h^2")) << full;
    EXPECT_TRUE(says({.filled = full * a * a * a}, "a^3: a physical density")) << full;
    EXPECT_TRUE(says({.filled = full / 1000}, "1/1000")) << full;
  }
  EXPECT_TRUE(says({.filled = std::nan("")}, "which unit"));
  EXPECT_TRUE(says({.hot_electrons = 0.58}, "0.58 electrons per hydrogen atom"));
  EXPECT_TRUE(says({.hot_electrons = 0.88}, "per something else"));
  EXPECT_TRUE(says({.neighbours = 48e-9}, "unit of Coordinates"));
}

}  // namespace
}  // namespace setsz
