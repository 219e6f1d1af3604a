// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/morton.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

TEST(PeriodicBox, WrapsIntoTheBoxWhateverTheRounding) {
  PeriodicBox const box(75000);
  EXPECT_EQ(box.wrap(75000.0), 0);
  EXPECT_EQ(box.wrap(-1.0), 74999);
  EXPECT_EQ(box.wrap(150001.0), 1);
  for (double const x : {-1e-20, -1e-12, 75000 - 1e-12, 1e-300, -75000.0}) {
    EXPECT_GE(box.wrap(x), 0);
    EXPECT_LT(box.wrap(x), 75000);
  }
}

TEST(PeriodicBox, OffsetIsTheShortestOfAllImages) {
  PeriodicBox const box(10);
  Random random(1, Purpose::test);
  auto const anywhere = [&] {
    return Vec3{10 * random.uniform(), 10 * random.uniform(), 10 * random.uniform()};
  };
  for (int n = 0; n < 2000; ++n) {
    Vec3 const a = anywhere(), b = anywhere();
    double best = 1e9;
    for (int i = -1; i <= 1; ++i) {
      for (int j = -1; j <= 1; ++j) {
        for (int k = -1; k <= 1; ++k) {
          best = std::min(best, norm(b + Vec3{10.0 * i, 10.0 * j, 10.0 * k} - a));
        }
      }
    }
    EXPECT_NEAR(norm(box.offset(a, b)), best, 1e-12);
  }
}

TEST(Morton, InterleavesBitsWithXHighest) {
  EXPECT_EQ(morton_key(0, 0, 1), 1U);
  EXPECT_EQ(morton_key(0, 1, 0), 2U);
  EXPECT_EQ(morton_key(1, 0, 0), 4U);
  EXPECT_EQ(morton_key(3, 3, 3), 63U);
  EXPECT_EQ(morton_key(0x1fffff, 0x1fffff, 0x1fffff), (std::uint64_t{1} << 63) - 1);
}

TEST(Morton, IsOneToOneOnASmallGridAndKeepsOctantsTogether) {
  std::set<std::uint64_t> keys;
  for (std::uint32_t x = 0; x < 16; ++x) {
    for (std::uint32_t y = 0; y < 16; ++y) {
      for (std::uint32_t z = 0; z < 16; ++z) {
        auto const key = morton_key(x, y, z);
        keys.insert(key);
        EXPECT_EQ(key >> 3, morton_key(x / 2, y / 2, z / 2));
      }
    }
  }
  EXPECT_EQ(keys.size(), 4096U);
  EXPECT_EQ(*keys.rbegin(), 4095U);
}

TEST(Morton, PositionsAtTheEdgesHaveLegalCells) {
  EXPECT_EQ(morton_key({0, 0, 0}, 75.0), 0U);
  EXPECT_EQ(morton_key({75, 75, 75}, 75.0), (std::uint64_t{1} << 63) - 1);
}

TEST(EvenRange, CoversEverythingOnceForAnyNumbers) {
  for (std::int64_t n :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{7}, std::int64_t{2147483647},
        std::int64_t{1} << 31, std::int64_t{1} << 32, std::int64_t{100000000000}}) {
    for (int ranks : {1, 2, 3, 7, 4096}) {
      std::int64_t next = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        auto const range = even_range(n, rank, ranks);
        ASSERT_EQ(range.first, next);
        ASSERT_GE(range.size(), n / ranks);
        ASSERT_LE(range.size(), n / ranks + 1);
        next = range.last;
      }
      ASSERT_EQ(next, n);
    }
  }
}

TEST(BalancedBoundaries, AreOrderedCompleteAndNearlyEqual) {
  Random random(2, Purpose::test);
  std::vector<double> cost(500);
  for (auto& c : cost) c = std::exp(2 * random.normal());
  double all = 0, largest = 0;
  for (double const c : cost) {
    all += c;
    largest = std::max(largest, c);
  }
  for (int ranks : {1, 2, 3, 16, 700}) {
    auto const boundary = balanced_boundaries(cost, ranks);
    ASSERT_EQ(boundary.size(), static_cast<std::size_t>(ranks) + 1);
    EXPECT_EQ(boundary.front(), 0);
    EXPECT_EQ(boundary.back(), 500);
    for (std::size_t r = 0; r + 1 < boundary.size(); ++r) {
      ASSERT_LE(boundary[r], boundary[r + 1]);
      double part = 0;
      for (auto i = boundary[r]; i < boundary[r + 1]; ++i) part += cost[i];
      EXPECT_LE(part, all / ranks + largest);
    }
  }
  EXPECT_EQ(balanced_boundaries({}, 3), (std::vector<std::int64_t>{0, 0, 0, 0}));
  EXPECT_EQ(balanced_boundaries(std::vector<double>(4, 1.0), 2),
            (std::vector<std::int64_t>{0, 2, 4}));
  // One giant: it has a rank of its own, nothing is lost.
  EXPECT_EQ(balanced_boundaries(std::vector<double>{1, 100, 1}, 3).back(), 3);
}

}  // namespace
}  // namespace setsz
