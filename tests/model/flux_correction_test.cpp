// SPDX-License-Identifier: BSD-3-Clause
#include "model/flux_correction.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

FluxCorrection const three{{{std::log(1000.0), 1.3, 900, 1500, 40},
                            {std::log(4000.0), 1.1, 1600, 6000, 40},
                            {std::log(16000.0), 1.2, 6100, 70000, 41}}};

TEST(FluxCorrection, IsLinearInLogMassBetweenTheBinsAndConstantBeyond) {
  EXPECT_EQ(three.strength(10), 1.3);
  EXPECT_NEAR(three.strength(1000), 1.3, 1e-12);
  EXPECT_NEAR(three.strength(2000), 1.2, 1e-12);  // half the way in ln M
  EXPECT_NEAR(three.strength(4000), 1.1, 1e-12);
  EXPECT_NEAR(three.strength(4000 * std::sqrt(2.0)), 1.125, 1e-12);
  EXPECT_NEAR(three.strength(16000), 1.2, 1e-12);
  EXPECT_EQ(three.strength(1e9), 1.2);
}

TEST(FluxCorrection, WithoutBinsCorrectsNothing) { EXPECT_EQ(FluxCorrection{}.strength(1234), 0); }

TEST(FluxCorrection, OfOneBinIsConstant) {
  FluxCorrection const one{{{std::log(4000.0), 1.1, 1600, 6000, 40}}};
  for (double const mass : {1.0, 4000.0, 1e6}) EXPECT_EQ(one.strength(mass), 1.1);
}

TEST(FluxCorrection, ComesBackFromJson) {
  auto const json = nlohmann::json::parse(nlohmann::json(three).dump());
  EXPECT_EQ(json.at("n"), (std::vector<int>{40, 40, 41}));
  EXPECT_EQ(json.get<FluxCorrection>(), three);
  EXPECT_EQ(nlohmann::json(FluxCorrection{}).get<FluxCorrection>(), FluxCorrection{});
}

TEST(FluxCorrection, RefusesBinsOutOfOrderAndStrengthsThatAreTooLow) {
  auto json = nlohmann::json(three);
  json["strength"][1] = -1;
  EXPECT_THROW(json.get<FluxCorrection>(), Error);
  json["strength"][1] = 1;
  json["ln_mass"][2] = 1;
  EXPECT_THROW(json.get<FluxCorrection>(), Error);
}

}  // namespace
}  // namespace setsz
