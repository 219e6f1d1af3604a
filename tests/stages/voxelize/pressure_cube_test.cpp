// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/pressure_cube.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

constexpr double unit_ball = 4 * std::numbers::pi / 3;

TEST(GasBall, VolumeGivesTheBallOfTheCellsOwnVolume) {
  GasBall const ball = gas_ball(CellSize::volume, {1, 2, 3}, 8, 2, 5, -1);
  EXPECT_NEAR(unit_ball * std::pow(ball.radius, 3), 4, 1e-14);
  EXPECT_EQ(ball.filling, 1);
}

TEST(GasBall, SmoothingLengthKeepsPressureTimesVolume) {
  GasBall const ball = gas_ball(CellSize::smoothing_length, {1, 2, 3}, 8, 2, 5, 3);
  EXPECT_EQ(ball.radius, 3);
  EXPECT_NEAR(ball.pressure * ball.filling * unit_ball * 27, 5 * 8 / 2, 1e-13);
}

TEST(GasBall, RefusesCellsWithoutMassDensityOrSize) {
  EXPECT_THROW(gas_ball(CellSize::volume, {}, 0, 1, 1, 1), Error);
  EXPECT_THROW(gas_ball(CellSize::volume, {}, 1, 0, 1, 1), Error);
  EXPECT_THROW(gas_ball(CellSize::volume, {}, 1, std::nan(""), 1, 1), Error);
  EXPECT_THROW(gas_ball(CellSize::smoothing_length, {}, 1, 1, 1, 0), Error);
}

TEST(CompensatedSum, KeepsWhatRoundingDrops) {
  CompensatedSum sum;
  sum.add(1);
  for (int i = 0; i < 1000; ++i) sum.add(1e-17);
  sum.add(1e20);
  sum.add(-1e20);
  EXPECT_NEAR(sum.value() - 1, 1e-14, 1e-16);
}

TEST(PressureCube, KeepsPressureTimesVolumeOfManyBallsInsideAndAcrossTheEdge) {
  constexpr double edge = 640, voxel = 20;
  PressureCube cube(32);
  BallOverlap overlap(32);
  Random random(1, Purpose::test);
  for (int i = 0; i < 20000; ++i) {
    auto const coordinate = [&] { return -50 + (edge + 100) * random.uniform(); };
    GasBall const ball{
        {}, std::pow(10, 2.3 * random.uniform()), random.uniform(), 0.5 + random.uniform()};
    cube.add(ball, {coordinate(), coordinate(), coordinate()}, voxel, overlap);
  }
  EXPECT_GT(cube.total_amount(), 1000);
  EXPECT_LT(cube.conservation_error(), 1e-13);
}

TEST(PressureCube, ConservationErrorSeesAMissingVoxel) {
  PressureCube cube(4), other(4);
  BallOverlap overlap(4);
  cube.add({{}, 1, 3, 1}, {2, 2, 2}, 1, overlap);
  auto state = cube.state();
  state[(1 * 4 + 1) * 4 + 1] = 0;
  other.restore(state);
  EXPECT_LT(cube.conservation_error(), 1e-15);
  EXPECT_NEAR(other.conservation_error(), 0.125, 1e-12);
}

TEST(PressureCube, IsUniformInUniformGas) {
  // One huge ball fills the cube: the average is its pressure, the filling 0.7, everywhere.
  PressureCube cube(8);
  BallOverlap overlap(8);
  cube.add({{}, 30, 2.5, 0.7}, {4, 4, 4}, 1, overlap);
  for (double amount : cube.amount()) EXPECT_DOUBLE_EQ(amount, 2.5 * 0.7);
  for (double filled : cube.filled()) EXPECT_DOUBLE_EQ(filled, 0.7);
}

TEST(PressureCube, GoesOnFromItsStateAsIfNeverInterrupted) {
  BallOverlap overlap(8);
  Random random(2, Purpose::test);
  PressureCube whole(8), first(8), second(8);
  for (int i = 0; i < 200; ++i) {
    GasBall const ball{{}, 0.1 + 2 * random.uniform(), random.uniform(), 1};
    Vec3 const offset{8 * random.uniform(), 8 * random.uniform(), 8 * random.uniform()};
    whole.add(ball, offset, 1, overlap);
    if (i == 100) second.restore(first.state());
    (i < 100 ? first : second).add(ball, offset, 1, overlap);
  }
  EXPECT_EQ(whole.state(), second.state());
  EXPECT_THROW(PressureCube(4).restore(whole.state()), Error);
}

TEST(PressureCube, RotatingTheGasRotatesTheVoxels) {
  constexpr std::int64_t n = 6;
  BallOverlap overlap(n);
  Random random(3, Purpose::test);
  PressureCube cube(n), turned(n);
  for (int i = 0; i < 300; ++i) {
    GasBall const ball{{}, 0.1 + 2 * random.uniform(), random.uniform(), 1};
    Vec3 const x{6 * random.uniform(), 6 * random.uniform(), 6 * random.uniform()};
    cube.add(ball, x, 1, overlap);
    turned.add(ball, {6 - x.y, x.x, x.z}, 1, overlap);  // by 90 degrees about z
  }
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t k = 0; k < n; ++k) {
        std::size_t const before = (i * n + j) * n + k;
        std::size_t const after = ((n - 1 - j) * n + i) * n + k;
        EXPECT_NEAR(turned.amount()[after], cube.amount()[before], 1e-13);
      }
}

}  // namespace
}  // namespace setsz
