// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/split.hpp"
#include "pipeline/base/number.hpp"

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

std::int64_t count(std::vector<Split> const& split, Split part) {
  return std::count(split.begin(), split.end(), part);
}

TEST(Split, OneFoldIsSeventyTwentyTen) {
  auto const split = split_clusters(some_ids(463), {});
  EXPECT_EQ(count(split, Split::validation), 93);  // round(0.2 x 463)
  EXPECT_EQ(count(split, Split::testing), 46);     // round(0.1 x 463): the paper's 46
  EXPECT_EQ(count(split, Split::training), 324);
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
