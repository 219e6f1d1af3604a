// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/gas_checks.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace setsz
