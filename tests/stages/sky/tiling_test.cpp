// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/tiling.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"
#include "stages/sky/sight_repeats.hpp"

namespace setsz {
namespace {

constexpr double box = 100;
constexpr Repetition rules[] = {
    {ReplicaRule::tiles, 5}, {ReplicaRule::shells, 5}, {ReplicaRule::bare, 5}};
Vec3 const observers[] = {{50, 50, 50}, {0, 0, 0}, {99.9, 3, 41}};

using Triple = std::tuple<double, double, double>;

Vec3 somewhere(std::uint64_t trial) {
  Random random(9, Purpose::test, trial);
  Vec3 const position{box * random.uniform(), box * random.uniform(), box * random.uniform()};
  if (trial == 0) return {0, 0, 0};  // on the corner of eight tiles
  if (trial == 1) return {std::nextafter(box, 0.0), 1e-12, 50};
  return position;
}

/// The shortest image of a difference.
Vec3 shortest(Vec3 const& difference) {
  return PeriodicBox(box).offset({}, PeriodicBox(box).wrap(difference));
}

std::vector<Vec3> images_of(Tiling const& tiling, Vec3 const& position) {
  std::vector<Vec3> images;
  tiling.for_each_image(position, {0, tiling.n_replicas()},
                        [&](auto const&, Vec3 const& seen) { images.push_back(seen); });
  return images;
}

/// All images of a point in the bare box, one lattice vector after the other.
std::multiset<Triple> bare_images(Vec3 const& observer, DistanceShell shell, Vec3 const& position) {
  std::multiset<Triple> found;
  int const reach = static_cast<int>(shell.max / box) + 3;
  for (int i = -reach; i <= reach; ++i)
    for (int j = -reach; j <= reach; ++j)
      for (int k = -reach; k <= reach; ++k) {
        Vec3 const seen = position + (box * Vec3{double(i), double(j), double(k)} - observer);
        if (shell.contains(norm(seen))) found.insert({seen.x, seen.y, seen.z});
      }
  return found;
}

TEST(Tiling, VisitsEveryImageOfTheBareBoxOnce) {
  DistanceShell const shells[] = {{0, 30}, {0, 250}, {120, 121}, {80, 310}};
  for (auto const& observer : observers) {
    for (auto const& shell : shells) {
      Tiling const tiling(box, observer, shell);
      std::int64_t visited = 0;
      for (std::uint64_t trial = 0; trial < 40; ++trial) {
        std::multiset<Triple> found;
        for (Vec3 const& seen : images_of(tiling, somewhere(trial)))
          found.insert({seen.x, seen.y, seen.z});
        EXPECT_EQ(found, bare_images(observer, shell, somewhere(trial)));
        visited += std::ssize(found);
      }
      EXPECT_GE(tiling.n_replicas() * 40, visited);  // a box holds one image of a point
    }
  }
}

TEST(Tiling, HoldsAsManyImagesAsTheShellHoldsBoxes) {
  double const volume = 4 * 3.14159265358979 / 3 * (std::pow(9, 3) - std::pow(3, 3));
  for (auto const& rule : rules) {
    Tiling const tiling(box, {20, 70, 50}, {300, 900}, rule);
    double count = 0;
    int const n = 300;
    for (std::uint64_t i = 0; i < n; ++i) count += double(images_of(tiling, somewhere(i)).size());
    EXPECT_NEAR(count / n / volume, 1, 0.005) << name_of(rule.rule);
  }
}

TEST(Tiling, ShowsWhatTheLatticeHasThere) {
  for (auto const& rule : rules) {
    for (auto const& observer : observers) {
      Tiling const tiling(box, observer, {0, 420}, rule);
      std::int64_t n = 0;
      for (std::uint64_t trial = 2; trial < 40; ++trial) {
        for (Vec3 const& seen : images_of(tiling, somewhere(trial))) {
          Vec3 const back = tiling.lattice().position(seen);
          ASSERT_NEAR(norm(shortest(back - somewhere(trial))), 0, 1e-9);
          ++n;
        }
      }
      EXPECT_GT(n, 38 * 250);
    }
  }
}

TEST(Tiling, FillsEveryTileWithTheWholeBox) {
  Tiling const tiling(box, {10, 20, 30}, {0, 1000}, rules[0]);
  for (std::uint64_t trial = 0; trial < 10; ++trial) {
    std::map<Cell, int> n;
    for (Vec3 const& seen : images_of(tiling, somewhere(trial))) {
      Cell cell;  // centred on the observer
      for (std::size_t i = 0; i < 3; ++i)
        cell[i] = static_cast<std::int16_t>(std::floor(seen[i] / box + 0.5));
      ++n[cell];
    }
    for (int i = -4; i <= 4; ++i)
      for (int j = -4; j <= 4; ++j)
        for (int k = -4; k <= 4; ++k)
          EXPECT_EQ((n[{std::int16_t(i), std::int16_t(j), std::int16_t(k)}]), 1);
  }
}

TEST(Tiling, LeavesTheBoxAsItIsAroundTheObserver) {
  for (auto const& rule : rules) {
    for (auto const& observer : observers) {
      Tiling const tiling(box, observer, {0, box / 2}, rule);
      for (std::uint64_t trial = 2; trial < 40; ++trial) {
        Vec3 const offset = shortest(somewhere(trial) - observer);
        auto const images = images_of(tiling, somewhere(trial));
        ASSERT_EQ(images.size(), norm(offset) < box / 2 ? 1U : 0U);
        for (Vec3 const& seen : images) EXPECT_NEAR(norm(seen - offset), 0, 1e-9);
      }
    }
  }
}

/// Two points of the box 3 apart are 3 apart wherever the replicas are continuous, and only there.
TEST(Lattice, KnowsWhereTheBoxIsContinuous) {
  for (auto const& rule : rules) {
    Tiling const tiling(box, {10, 20, 30}, {0, 500}, rule);
    std::int64_t n_together = 0, n_apart = 0, n_torn = 0;
    for (std::uint64_t trial = 2; trial < 60; ++trial) {
      Vec3 const first = somewhere(trial), step{2, -1, 2};
      Vec3 const second = PeriodicBox(box).wrap(first + step);
      tiling.for_each_image(first, {0, tiling.n_replicas()}, [&](auto const& replica, auto seen) {
        Vec3 const there = seen + replica.how.turn * step;
        bool const together = tiling.lattice().together(seen, there);
        bool const continuous = norm(shortest(tiling.lattice().position(there) - second)) < 1e-6;
        EXPECT_TRUE(continuous || !together);
        (together ? n_together : n_apart) += 1;
        EXPECT_TRUE(together || tiling.lattice().at_face(seen, 3.001));
        if (!continuous) ++n_torn;
      });
    }
    EXPECT_GT(n_together, 10000);
    if (rule.rule == ReplicaRule::bare) {
      EXPECT_EQ(n_apart, 0);
    } else {
      EXPECT_GT(n_apart, 50);
      EXPECT_GT(n_torn, 0.9 * double(n_apart));  // but for a few that are turned alike
    }
  }
}

TEST(Lattice, TurnsTilesAndShellsEachInItsWay) {
  Lattice const tiles(box, {}, rules[0]), shells(box, {}, rules[1]),
      others(box, {}, {rules[0].rule, 6});
  std::set<std::array<std::int8_t, 3>> orders;
  double mean = 0;
  int n = 0, n_equal = 0;
  for (std::int16_t i = 1; i < 1000; ++i) {
    auto const how = tiles.orientation({i, 2, -3}, 7);
    EXPECT_EQ(how.shift, tiles.orientation({i, 2, -3}, 8).shift);
    EXPECT_EQ(shells.orientation({i, 2, -3}, i).shift, shells.orientation({0, 0, 1}, i).shift);
    n_equal += how.shift == tiles.orientation({2, i, -3}, 7).shift ? 1 : 0;
    n_equal += how.shift == others.orientation({i, 2, -3}, 7).shift ? 1 : 0;
    n_equal += how.shift == tiles.orientation({static_cast<std::int16_t>(-i), 2, -3}, 7).shift;
    mean += how.shift.x / box;
    ++n;
  }
  EXPECT_EQ(n_equal, 1);  // (2, 2, -3) is itself
  EXPECT_NEAR(mean / n, 0.5, 0.03);
}

TEST(SightRepeats, AreThoseOfARowOfBoxesAlongAnAxis) {
  DistanceShell const sky{0, 590};
  auto const bare = count_repeats(Lattice(box, {3, 3, 3}, rules[2]), sky, {0, 100});
  EXPECT_EQ(bare.n_lines, 100);
  EXPECT_EQ(bare.largest, 6);
  // A line through turned tiles meets about 100 of 4096 parts, some of them twice by chance.
  Lattice const tiles(box, {3, 3, 3}, rules[0]);
  auto const turned = count_repeats(tiles, sky, {0, 3000});
  EXPECT_GE(turned.largest, 2);
  EXPECT_LE(turned.largest, 4);
  EXPECT_NEAR(double(turned.sum_largest) / 3000, 1.7, 0.2);
  // The lines can be shared out.
  auto const half = count_repeats(tiles, sky, {0, 1000}),
             rest = count_repeats(tiles, sky, {1000, 3000});
  EXPECT_EQ(half.sum_largest + rest.sum_largest, turned.sum_largest);
  EXPECT_EQ(std::max(half.largest, rest.largest), turned.largest);
}

}  // namespace
}  // namespace setsz
