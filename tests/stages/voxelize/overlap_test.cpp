// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/overlap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/angle.hpp"
#include "tests/stages/voxelize/slow_overlap.hpp"

namespace setsz {
namespace {

constexpr double unit_ball = 4 * std::numbers::pi / 3;

double sum_of(std::span<VoxelShare const> shares) {
  double sum = 0;
  for (auto const& share : shares) sum += share.volume;
  return sum;
}

Vec3 lower_corner(std::int64_t voxel, std::int64_t n) {
  return {real(voxel / (n * n)), real(voxel / n % n), real(voxel % n)};
}

/// Every voxel of the cube against nested quadrature.
void expect_exact(std::int64_t n, Vec3 const& centre, double radius) {
  BallOverlap overlap(n);
  std::map<std::int64_t, double> found;
  for (auto const& share : overlap(centre, radius)) {
    EXPECT_TRUE(found.emplace(share.voxel, share.volume).second) << "voxel given twice";
    EXPECT_GT(share.volume, 0);
  }
  double const tolerance = 2e-11 * std::min(1.0, unit_ball * radius * radius * radius) + 1e-15;
  for (std::int64_t voxel = 0; voxel < n * n * n; ++voxel) {
    Vec3 const low = lower_corner(voxel, n) - centre;
    double const expected = slow::ball_in_box(radius, low, low + Vec3{1, 1, 1});
    double const got = found.contains(voxel) ? found[voxel] : 0;
    EXPECT_NEAR(got, expected, tolerance) << "voxel " << voxel << ", centre " << centre.x << " "
                                          << centre.y << " " << centre.z << ", radius " << radius;
  }
}

TEST(Angle, AgreesWithTheLibrary) {
  Random random(6, Purpose::test);
  for (int trial = 0; trial < 200000; ++trial) {
    double const x = 2 * random.uniform() - 1;
    double const y = trial % 2 ? random.uniform() : std::pow(10, -18 * random.uniform());
    ASSERT_NEAR(angle(y, x), std::atan2(y, x), 5e-16) << y << " " << x;
  }
  EXPECT_EQ(angle(0, 1), 0);
  EXPECT_EQ(angle(0, -1), std::numbers::pi);
  EXPECT_EQ(angle(1, 0), std::numbers::pi / 2);
}

TEST(Overlap, SlowReferenceKnowsTheBallAndItsOctant) {
  EXPECT_NEAR(slow::ball_in_box(1, {-2, -2, -2}, {2, 2, 2}), unit_ball, 1e-11);
  EXPECT_NEAR(slow::ball_in_box(1, {0, 0, 0}, {2, 2, 2}), unit_ball / 8, 1e-12);
  EXPECT_NEAR(slow::ball_in_box(1, {0.5, -2, -2}, {2, 2, 2}), std::numbers::pi / 3 * 0.25 * 2.5,
              1e-11);
}

TEST(Overlap, EqualsNestedQuadratureInEveryVoxel) {
  Random random(1, Purpose::test);
  for (int trial = 0; trial < 8; ++trial) {
    double const radius = trial < 4 ? 0.05 + 0.45 * random.uniform() : 0.5 + random.uniform();
    Vec3 const centre{1.5 + random.uniform(), 1 + random.uniform(), 1 + 2 * random.uniform()};
    expect_exact(4, centre, radius);
  }
}

TEST(Overlap, IsExactOnTheEdgesOfItsCases) {
  expect_exact(2, {1, 1, 1}, 0.5);  // on a node
  expect_exact(2, {1, 1, 1}, 1);    // touches the cube from inside
  expect_exact(2, {1, 1, 1}, std::sqrt(2.0));
  expect_exact(2, {1, 1, 1}, std::sqrt(3.0));         // holds the cube
  expect_exact(3, {1.5, 1.5, 1.5}, 0.5);              // touches six faces of its voxel
  expect_exact(3, {1.5, 1.5, 1.5}, std::sqrt(0.5));   // touches twelve edges
  expect_exact(3, {1.5, 1.5, 1.5}, std::sqrt(0.75));  // touches eight corners
  expect_exact(3, {1.5, 1, 1.5}, 0.75);
}

TEST(Overlap, LeavesOutWhatLiesOutsideTheCube) {
  expect_exact(2, {-0.2, 0.7, 1.1}, 0.45);
  expect_exact(2, {2.3, 2.2, 2.1}, 0.6);
  expect_exact(2, {2.4, 0.5, -0.3}, 1.3);
  expect_exact(2, {1, 1, 1}, 40);
  expect_exact(2, {-3, -3, -3}, 6);
  BallOverlap overlap(2);
  EXPECT_TRUE(overlap({-1, 1, 1}, 0.9).empty());
  EXPECT_TRUE(overlap({5, 1, 1}, 2.9).empty());
  EXPECT_TRUE(overlap({2.5, 2.5, 2.5}, 0.8).empty());  // near the corner, outside
}

TEST(Overlap, KeepsTheVolumeOfEveryBall) {
  Random random(2, Purpose::test);
  BallOverlap overlap(64);
  for (int trial = 0; trial < 20000; ++trial) {
    double const radius = std::pow(10, -4 + 4 * random.uniform());
    auto const coordinate = [&] { return radius + (64 - 2 * radius) * random.uniform(); };
    Vec3 const centre{coordinate(), coordinate(), coordinate()};
    double const volume = unit_ball * radius * radius * radius;
    ASSERT_NEAR(sum_of(overlap(centre, radius)) / volume, 1, 1e-12) << "radius " << radius;
  }
  for (double radius : {3.3, 10.0, 24.7, 31.9}) {
    double const volume = unit_ball * radius * radius * radius;
    EXPECT_NEAR(sum_of(overlap({32, 32.05, 31.99}, radius)) / volume, 1, 1e-12);
  }
}

TEST(Overlap, KeepsTheVolumeWithinTheCubeOfABallThatLeavesIt) {
  Random random(3, Purpose::test);
  BallOverlap overlap(8);
  for (int trial = 0; trial < 20000; ++trial) {
    double const radius = std::pow(10, -2 + 3 * random.uniform());
    auto const coordinate = [&] { return -radius + (8 + 2 * radius) * random.uniform(); };
    Vec3 const centre{coordinate(), coordinate(), coordinate()};
    double const volume = unit_ball * radius * radius * radius;
    double const expected = ball_fraction_in_cube(centre, radius, 8);
    ASSERT_NEAR(sum_of(overlap(centre, radius)) / volume, expected, 1e-13) << "radius " << radius;
  }
}

TEST(Overlap, BothPathsGiveTheSameShares) {
  // The same ball in a lattice that is twice as fine: eight fine voxels make a coarse one.
  Random random(4, Purpose::test);
  BallOverlap coarse(4), fine(8);
  for (int trial = 0; trial < 2000; ++trial) {
    Vec3 const centre{4 * random.uniform(), 4 * random.uniform(), 4 * random.uniform()};
    double const radius = 0.3 + 0.19 * random.uniform();
    std::map<std::int64_t, double> sums;
    for (auto const& share : fine(2.0 * centre, 2 * radius)) {
      Vec3 const corner = lower_corner(share.voxel, 8);
      auto const half = [](double x) { return static_cast<std::int64_t>(x) / 2; };
      sums[(half(corner.x) * 4 + half(corner.y)) * 4 + half(corner.z)] += share.volume / 8;
    }
    for (auto const& share : coarse(centre, radius)) sums[share.voxel] -= share.volume;
    for (auto const& [voxel, difference] : sums) ASSERT_NEAR(difference, 0, 1e-15);
  }
}

TEST(Overlap, GivesNothingToVoxelsOutOfReach) {
  Random random(5, Purpose::test);
  BallOverlap overlap(6);
  for (int trial = 0; trial < 20000; ++trial) {
    Vec3 const centre{6 * random.uniform(), 6 * random.uniform(), 6 * random.uniform()};
    double const radius = 0.1 + 1.2 * random.uniform();
    for (auto const& share : overlap(centre, radius)) {
      Vec3 const low = lower_corner(share.voxel, 6) - centre;
      double distance2 = 0;
      for (std::size_t d = 0; d < 3; ++d)
        distance2 += std::pow(std::max({0.0, low[d], -low[d] - 1}), 2);
      ASSERT_LT(distance2, radius * radius * (1 + 1e-12));
    }
  }
}

TEST(Overlap, GivesVoxelsInTheirOrder) {
  BallOverlap overlap(8);
  for (double radius : {0.4, 2.5}) {
    std::int64_t last = -1;
    for (auto const& share : overlap({4.1, 3.95, 4.02}, radius)) {
      EXPECT_GT(share.voxel, last);
      last = share.voxel;
    }
  }
}

}  // namespace
}  // namespace setsz
