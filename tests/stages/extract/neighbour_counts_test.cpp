// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/neighbour_counts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "pipeline/base/random.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {
namespace {

constexpr double half_side = 2.5;

using Points = std::array<std::vector<double>, 3>;

void add(Points& points, Vec3 const& q) {
  for (std::size_t axis = 0; axis < 3; ++axis) points[axis].push_back(q[axis]);
}

Vec3 direction(Random& random) { return unit({random.normal(), random.normal(), random.normal()}); }

/// As the header says it. \return how many pairs are near
std::int64_t expect_those_of_a_loop(Points const& points, double distance) {
  auto const fast = neighbour_counts({points[0], points[1], points[2]}, half_side, distance);
  EXPECT_EQ(fast.size(), points[0].size());
  std::int64_t n_pairs = 0;
  for (std::size_t i = 0; i < fast.size(); ++i) {
    std::int32_t slow = 0;
    for (std::size_t j = 0; j < fast.size(); ++j)
      slow += norm2({points[0][j] - points[0][i], points[1][j] - points[1][i],
                     points[2][j] - points[2][i]}) < distance * distance;
    EXPECT_EQ(fast[i], slow) << i;
    n_pairs += slow - 1;
  }
  return n_pairs;
}

/// A halo with density ~ r^-2, everywhere a few points, and a clump.
Points halo(int n) {
  Random random(5, Purpose::test);
  Points points;
  for (int i = 0; i < n; ++i) {
    add(points, 2.49 * random.uniform() * direction(random));
    if (i % 10 == 0) add(points, Vec3{0.7, -0.3, 1.1} + 0.1 * random.uniform() * direction(random));
    if (i % 3 == 0)
      add(points,
          4.99 * Vec3{random.uniform() - 0.5, random.uniform() - 0.5, random.uniform() - 0.5});
  }
  return points;
}

TEST(NeighbourCounts, AreThoseOfALoopOverPairs) {
  for (int const n : {0, 1, 15, 16, 17, 300, 3000}) {
    auto const n_pairs = expect_those_of_a_loop(halo(n), 0.11);
    EXPECT_GE(n_pairs, n == 3000 ? 100000 : 0);
  }
  expect_those_of_a_loop(halo(1000), 0.5);
  expect_those_of_a_loop(halo(1000), 0.03);
}

TEST(NeighbourCounts, DecidePairsAtThisDistanceToTheLastBit) {
  Random random(8, Purpose::test);
  Points points;
  for (int i = 0; i < 2000; ++i) {  // less or more by some rounding, and at the edge of the cube
    Vec3 q = (i % 2 == 0 ? 1.3 : 2.3) * random.uniform() * direction(random);
    add(points, q);
    add(points, q + 0.11 * direction(random));
  }
  for (double const x : {-2.5 + 1e-12, 2.5 - 1e-12}) {
    add(points, {x, x, x});
    add(points, {x, x, x < 0 ? x + 0.11 : x - 0.11});
  }
  expect_those_of_a_loop(points, 0.11);
}

TEST(NeighbourCounts, AreRightWhereManyPointsShareACell) {
  Random random(9, Purpose::test);
  Points points;
  for (int i = 0; i < 700; ++i) add(points, 0.2 * random.uniform() * direction(random));
  EXPECT_GT(expect_those_of_a_loop(points, 0.11), 50000);
  for (int i = 0; i < 40; ++i) add(points, {0.1, 0.1, 0.1});  // and a place
  expect_those_of_a_loop(points, 0.11);
}

}  // namespace
}  // namespace setsz
