// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/paired.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
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
  test::add_networks(b, {1, 1});
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

/// The mean of networks whose errors are independent: its loss is 1/n of theirs.
Contender mean_of_independent(std::string const& name, std::vector<std::int64_t> const& seeds) {
  auto model = a_model(name, 1 / real(seeds.size()), 0);
  test::add_networks(model, std::vector(seeds.size(), real(seeds.size())));
  model.seeds = seeds;
  return model;
}

TEST(PairedDifference, OfDifferentNumbersOfNetworksIsThatOfTheCommonSeeds) {
  auto const three = mean_of_independent("three", {1, 2, 3});
  auto one = a_model("one", 1, 0);  // as good as each of the three
  auto const difference = paired_difference(one, three, {.resamples = 50});
  EXPECT_NEAR(difference.median, 0, 1e-12) << "a mean of three was set against one";
  EXPECT_EQ(difference.of_seeds, std::vector<std::int64_t>{1});
  EXPECT_EQ(networks_in_words(one, three, difference.of_seeds), "of seed 1 alone");
  auto const two = mean_of_independent("two", {3, 2});
  auto const of_two = paired_difference(two, three, {.resamples = 50});
  EXPECT_NEAR(of_two.median, 0, 1e-12);
  EXPECT_EQ(of_two.of_seeds, (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(networks_in_words(two, three, of_two.of_seeds), "single ones of seeds 3, 2");

  one.seeds = {7};
  auto const strangers = paired_difference(one, three, {.resamples = 50});
  EXPECT_NEAR(strangers.median, std::log(3), 1e-12);
  EXPECT_EQ(networks_in_words(one, three, strangers.of_seeds), "1 against mean of 3");
  auto const other_three = mean_of_independent("other", {4, 5, 6});
  EXPECT_TRUE(paired_difference(three, other_three, {.resamples = 50}).of_seeds.empty());
  EXPECT_EQ(networks_in_words(three, other_three, {}), "means of 3");
}

TEST(PairedDifference, TakesTheCommonSeedWhereverItStands) {
  auto several = a_model("several", 1, 0);
  test::add_networks(several, {5, 2, 3});
  several.seeds = {4, 1, 2};
  auto const difference = paired_difference(several, a_model("one", 1, 0), {.resamples = 50});
  EXPECT_NEAR(difference.median, std::log(2), 1e-12);
}

TEST(SingleNetworks, ChangeWithThoseThatAreDrawnAsTheirMeanLossDoes) {
  auto model = a_model("model", 1, 0);
  test::add_networks(model, {0.9, 1.1, 7});
  for (auto& score : model.scores.clusters) score.fold = 0;
  auto const table = single_networks(model.scores, std::vector<std::size_t>{0, 1});
  EXPECT_EQ(table.n_seeds, 2);
  EXPECT_NEAR(table.clusters[3].loss, model.scores.clusters[3].loss, 1e-12);
  // Two networks: drawn twice the first, both, or twice the second; widened by sqrt(2).
  Resampler const resampler(table, Quoted::mean_of_networks, 1, "model");
  std::map<std::int64_t, int> shifts;
  for (std::int64_t i = 0; i < 400; ++i)
    for (auto const& drawn : resampler.draw(i)) {
      auto const& original = table.clusters[static_cast<std::size_t>(drawn.row)];
      ++shifts[std::llround(1000 * std::log(drawn.loss / original.loss))];
      break;
    }
  EXPECT_EQ(shifts.size(), 3U);
  EXPECT_TRUE(shifts.contains(std::llround(1000 * std::sqrt(2.0) * 0.1)));
  EXPECT_NEAR(shifts[0] / 400.0, 0.5, 0.08);
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
