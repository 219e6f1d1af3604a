// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/split.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace setsz {
namespace {

std::vector<std::int64_t> some_ids(std::int64_t n) {
  std::vector<std::int64_t> ids(n);
  for (std::int64_t i = 0; i < n; ++i) ids[i] = (i * 7919) % 100003;
  return ids;
}

/// A table of clusters at random places, with a split of their own.
ClusterTable random_table(std::int64_t n, SplitRecipe const& recipe, std::uint64_t seed) {
  ClusterTable table;
  table.box_ckpch = 1e5;
  table.n_folds = recipe.n_folds;
  std::vector<std::int64_t> ids;
  Random random(seed, Purpose::test);
  for (std::int64_t i = 0; i < n; ++i) {
    Cluster cluster;
    cluster.id = 1000 + i;
    cluster.position = {1e5 * random.uniform(), 1e5 * random.uniform(), 1e5 * random.uniform()};
    cluster.r200c = 500 + 500 * random.uniform();
    table.clusters.edit().push_back(cluster);
    ids.push_back(cluster.id);
  }
  table.split = split_clusters(ids, recipe);
  return table;
}

std::int64_t count(std::vector<Split> const& split, Split part) {
  return std::count(split.begin(), split.end(), part);
}

TEST(Split, OneFoldIsSeventyTwentyTen) {
  auto const split = split_clusters(some_ids(463), {});
  EXPECT_EQ(count(split, Split::validation), 93);  // round(0.2 x 463)
  EXPECT_EQ(count(split, Split::testing), 46);     // round(0.1 x 463): the paper's 46
  EXPECT_EQ(count(split, Split::training), 324);
}

// Against the definition, cluster by cluster: all images, no periodic shortcut.
TEST(Split, IsThatOfTheNearestClusterOfTheOtherSnapshot) {
  SplitRecipe const recipe{.n_folds = 5};
  auto const other = random_table(60, recipe, 1);
  auto table = random_table(200, recipe, 2);
  table.clusters.edit()[0].position = other.clusters[7].position;
  auto const inherited = split_like(table, other, recipe);
  std::int64_t n_matched = 0;
  std::vector<std::int64_t> alone;
  for (std::int64_t row = 0; row < table.size(); ++row) {
    double least = 5;
    std::int64_t twin = -1;
    for (std::int64_t o = 0; o < other.size(); ++o)
      for (int image = 0; image < 27; ++image) {
        int const i = image % 3 - 1, j = image / 3 % 3 - 1, k = image / 9 - 1;
        Vec3 const shift{1e5 * i, 1e5 * j, 1e5 * k};
        Vec3 const place = other.clusters[o].position + shift;
        double const distance =
            norm(table.clusters[row].position - place) / other.clusters[o].r200c;
        if (distance < least) least = distance, twin = o;
      }
    if (twin < 0) alone.push_back(table.clusters[row].id);
    if (twin < 0) continue;
    ++n_matched;
    for (std::int64_t fold = 0; fold < 5; ++fold)
      EXPECT_EQ(inherited.split[row * 5 + fold], other.split[twin * 5 + fold]);
  }
  EXPECT_EQ(inherited.n_matched, n_matched);
  EXPECT_GT(n_matched, 3);
  EXPECT_GT(std::ssize(alone), 100);
  // The others are split among themselves.
  auto const own = split_clusters(alone, recipe);
  for (std::size_t i = 0; i < alone.size(); ++i)
    EXPECT_EQ(inherited.split[(alone[i] - 1000) * 5], own[i * 5]);
}

TEST(Split, OfTheSameClustersIsTheSameWhateverTheirIdsAndOrder) {
  SplitRecipe const recipe{.n_folds = 1};
  auto const other = random_table(50, recipe, 1);
  auto table = other;
  std::ranges::reverse(table.clusters.edit());
  for (auto& cluster : table.clusters.edit()) cluster.id = (cluster.id * 7919) % 100003;
  auto const inherited = split_like(table, other, recipe);
  EXPECT_EQ(inherited.n_matched, 50);
  EXPECT_TRUE(std::equal(inherited.split.rbegin(), inherited.split.rend(), other.split.begin()));
}

TEST(Split, NothingIsInheritedFromAnotherBox) {
  auto const other = random_table(50, {}, 1);
  auto table = other;
  table.box_ckpch *= 2;
  auto const inherited = split_like(table, other, {});
  EXPECT_EQ(inherited.n_matched, 0);
  EXPECT_EQ(inherited.split, other.split);  // the same shuffle of the same ids
}

TEST(Split, FollowsTheIdAndNotTheRow) {
  auto ids = some_ids(50);
  auto const split = split_clusters(ids, {});
  std::map<std::int64_t, Split> by_id;
  for (std::size_t i = 0; i < ids.size(); ++i) by_id[ids[i]] = split[i];
  std::reverse(ids.begin(), ids.end());
  auto const again = split_clusters(ids, {});
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(again[i], by_id[ids[i]]);
}

TEST(Split, DependsOnTheSeed) {
  auto const ids = some_ids(50);
  EXPECT_NE(split_clusters(ids, {.seed = 1}), split_clusters(ids, {.seed = 2}));
}

TEST(Split, FoldsTestEveryClusterExactlyOnce) {
  for (std::int64_t const n : {23, 50}) {
    auto const ids = some_ids(n);
    auto const split = split_clusters(ids, {.n_folds = 5});
    ASSERT_EQ(split.size(), 5 * n);
    for (std::int64_t row = 0; row < n; ++row) {
      std::int64_t tested = 0;
      for (std::int64_t fold = 0; fold < 5; ++fold)
        tested += split[row * 5 + fold] == Split::testing;
      EXPECT_EQ(tested, 1);
    }
    for (std::int64_t fold = 0; fold < 5; ++fold) {
      std::int64_t n_testing = 0, n_validation = 0;
      for (std::int64_t row = 0; row < n; ++row) {
        auto const part = split[row * 5 + fold];
        n_testing += part == Split::testing;
        n_validation += part == Split::validation;
      }
      EXPECT_NEAR(real(n_testing), real(n) / 5, 1);
      EXPECT_EQ(n_validation, n == 23 ? 5 : 10);  // round(0.2 n)
    }
  }
}

TEST(Split, HandlesFewAndNone) {
  EXPECT_TRUE(split_clusters({}, {}).empty());
  auto const three = split_clusters(some_ids(3), {});
  EXPECT_EQ(count(three, Split::training), 2);
  EXPECT_EQ(count(three, Split::validation), 1);
}

}  // namespace
}  // namespace setsz
