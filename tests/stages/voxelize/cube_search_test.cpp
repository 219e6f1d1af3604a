// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/cube_search.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <tuple>

#include "pipeline/base/error.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

constexpr double box = 1000;

using Hits = std::set<std::tuple<std::int64_t, double, double, double>>;

/// Every cube, every image.
Hits slow_search(std::vector<Cube> const& cubes, Vec3 const& centre, double radius) {
  Hits hits;
  for (std::size_t c = 0; c < cubes.size(); ++c)
    for (int i = -2; i <= 2; ++i)
      for (int j = -2; j <= 2; ++j)
        for (int k = -2; k <= 2; ++k) {
          double const half = cubes[c].edge / 2;
          Vec3 const offset = centre + Vec3{i * box, j * box, k * box} - cubes[c].centre;
          double distance2 = 0;
          for (std::size_t d = 0; d < 3; ++d)
            distance2 += std::pow(std::max(0.0, std::abs(offset[d]) - half), 2);
          if (distance2 < radius * radius)
            hits.emplace(static_cast<std::int64_t>(c), offset.x + half, offset.y + half,
                         offset.z + half);
        }
  return hits;
}

/// Coordinates are multiples of 1/8: all differences are exact.
double eighth(Random& random, double range) { return std::floor(random.uniform() * range * 8) / 8; }

TEST(CubeSearch, FindsWhatBruteForceFinds) {
  Random random(1, Purpose::test);
  std::vector<Cube> cubes;
  for (int i = 0; i < 60; ++i)
    cubes.push_back(
        {{eighth(random, box), eighth(random, box), eighth(random, box)}, 20 + eighth(random, 60)});
  cubes.push_back({{1, 999, 500}, 100});
  CubeSearch search(PeriodicBox(box), cubes);
  std::size_t n_hits = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    Vec3 const centre{eighth(random, box), eighth(random, box), eighth(random, box)};
    double const radius = trial % 100 == 0 ? 600 : 0.125 + eighth(random, trial % 10 ? 5 : 80);
    Hits found;
    std::int64_t last = -1;
    for (auto const& hit : search(centre, radius)) {
      EXPECT_GE(hit.cube, last);
      last = hit.cube;
      found.emplace(hit.cube, hit.offset.x, hit.offset.y, hit.offset.z);
    }
    n_hits += found.size();
    ASSERT_EQ(found, slow_search(cubes, centre, radius)) << "trial " << trial;
  }
  EXPECT_GT(n_hits, 2000U);
}

TEST(CubeSearch, CountsTheBallAndNotOnlyItsCentre) {
  CubeSearch search(PeriodicBox(box), {{{500, 500, 500}, 100}});
  EXPECT_EQ(search({450, 450, 450}, 1).size(), 1U);
  EXPECT_EQ(search({440, 500, 500}, 10.125).size(), 1U);
  EXPECT_TRUE(search({440, 500, 500}, 10).empty());   // touches the face
  EXPECT_TRUE(search({445, 445, 445}, 8.6).empty());  // corner at 5 sqrt(3) = 8.66
  EXPECT_EQ(search({445, 445, 445}, 8.7).size(), 1U);
}

TEST(CubeSearch, AnEmptyListOfCubesIsTouchedByNothing) {
  CubeSearch search(PeriodicBox(box), {});
  EXPECT_TRUE(search({1, 2, 3}, 900).empty());
}

TEST(CubeSearch, RefusesACubeLargerThanTheBox) {
  try {
    CubeSearch(PeriodicBox(box), {{{0, 0, 0}, 1001}});
    FAIL();
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::config);
    EXPECT_NE(std::string(error.what()).find("1001"), std::string::npos);
  }
}

}  // namespace
}  // namespace setsz
