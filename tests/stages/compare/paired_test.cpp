// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/paired.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "contenders.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

using test::a_model;

TEST(PairedDifference, FindsTheBetterModel) {
  auto const a = a_model("a", 0.85, 0.2), b = a_model("b", 1, 0.2);
  auto const difference = paired_difference(a, b, {});
  EXPECT_EQ(difference.n_clusters, 141);
  // The clusters' own difficulty, a factor e, has gone: what is left are the models' scatters.
  double const sigma = std::sqrt(2.0) * 0.2 * std::sqrt(std::numbers::pi / 2 / 141);
  EXPECT_NEAR(difference.median, std::log(0.85), 3 * sigma);
  EXPECT_TRUE(difference.significant());
  EXPECT_LT(difference.interval.p97_5, 0);
  EXPECT_NEAR((difference.interval.p84 - difference.interval.p16) / (2 * sigma), 1, 0.35);
}

TEST(PairedDifference, OfTheOtherWayRoundHasTheOtherSign) {
  auto const a = a_model("a", 0.85, 0.2), b = a_model("b", 1, 0.2);
  auto const forward = paired_difference(a, b, {}), backward = paired_difference(b, a, {});
  EXPECT_NEAR(forward.median, -backward.median, 1e-12);
  EXPECT_NEAR(forward.interval.p2_5, -backward.interval.p97_5, 1e-12);
}

TEST(PairedDifference, CallsEqualModelsDifferentInOneOfTwentyCases) {
  int significant = 0;
  constexpr int n_universes = 300;
  for (std::uint64_t universe = 0; universe < n_universes; ++universe)
    significant += paired_difference(a_model("a", 1, 0.3, universe), a_model("b", 1, 0.3, universe),
                                     {.resamples = 200})
                       .significant();
  EXPECT_GT(significant, 0.015 * n_universes);
  EXPECT_LT(significant, 0.10 * n_universes);
}

TEST(PairedDifference, SeedsThatScatterMakeADifferenceInsignificant) {
  auto a = a_model("a", 0.9, 0.05), b = a_model("b", 1, 0.05);
  for (auto* model : {&a, &b})
    for (auto& score : model->scores.clusters) score.fold = 0;
  EXPECT_TRUE(paired_difference(a, b, {}).significant());
  test::add_networks(a, {0.8, 1.2});  // 2 x 0.28/sqrt(2) of noise
  auto const difference = paired_difference(a, b, {});
  EXPECT_FALSE(difference.significant());
  EXPECT_NEAR(difference.median, std::log(0.9), 0.03);
}

TEST(PairedDifference, TakesTheClustersThatBothHave) {
  auto const a = a_model("a", 0.5, 0);
  auto b = a_model("b", 1, 0);
  b.scores.clusters.erase(b.scores.clusters.begin(), b.scores.clusters.begin() + 100);
  std::swap(b.scores.clusters[3], b.scores.clusters[7]);
  auto const difference = paired_difference(a, b, {.resamples = 50});
  EXPECT_EQ(difference.n_clusters, 41);
  EXPECT_NEAR(difference.median, std::log(0.5), 1e-12);  // cluster by cluster: no scatter at all
  EXPECT_NEAR(difference.interval.p2_5, std::log(0.5), 1e-12);
}

TEST(PairedDifference, RefusesModelsWithoutACommonClusterAndOtherVoxels) {
  auto const a = a_model("a", 1, 0.1);
  auto b = a_model("b", 1, 0.1);
  b.scores.clusters[5].y_gas = 1.001;
  EXPECT_THROW(paired_difference(a, b, {}), Error);
  b = a_model("b", 1, 0.1);
  b.scores.clusters[5].n_voxels = 70000;
  EXPECT_THROW(paired_difference(a, b, {}), Error);
  for (auto& score : b.scores.clusters) score.id += 1;
  EXPECT_THROW(paired_difference(a, b, {}), Error);
}

}  // namespace
}  // namespace setsz
