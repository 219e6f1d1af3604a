// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/radial_sums.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <set>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

std::vector<float> noise(std::int64_t cells, std::uint64_t seed) {
  Random random(seed, Purpose::test);
  std::vector<float> values(cells);
  for (auto& value : values) value = single(std::exp(random.normal()));
  return values;
}

TEST(CubeLattice, ShellsAreTheDistinctRadiiOfVoxels) {
  for (auto const position : {VoxelPosition::centre, VoxelPosition::corner})
    for (std::int64_t n : {3, 4, 7, 16}) {
      CubeLattice const lattice{n, 5, position};
      double const shift = position == VoxelPosition::centre ? 0.5 : 0;
      std::int64_t voxel = 0;
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < n; ++j)
          for (std::int64_t k = 0; k < n; ++k, ++voxel) {
            Vec3 const x = lattice.centre_r200(i, j, k);
            EXPECT_NEAR(x.x, (real(i) + shift - real(n) / 2) * 5 / real(n), 1e-14);
            EXPECT_NEAR(lattice.shell_radius_r200(lattice.shell(i, j, k)), norm(x), 1e-13);
          }
      std::int64_t const end = lattice.n_shells(2);
      EXPECT_LT(lattice.shell_radius_r200(end - 1), 2);
      EXPECT_GE(lattice.shell_radius_r200(end), 2);
    }
}

TEST(CubeLattice, VisitsExactlyTheVoxelsWithinTheRadius) {
  for (auto const position : {VoxelPosition::centre, VoxelPosition::corner}) {
    CubeLattice const lattice{16, 5, position};
    std::set<std::size_t> visited;
    lattice.each_within(2, [&](std::size_t voxel, std::size_t) { visited.insert(voxel); });
    std::size_t voxel = 0;
    for (std::int64_t i = 0; i < 16; ++i)
      for (std::int64_t j = 0; j < 16; ++j)
        for (std::int64_t k = 0; k < 16; ++k, ++voxel)
          EXPECT_EQ(visited.contains(voxel), norm(lattice.centre_r200(i, j, k)) < 2);
  }
}

TEST(RadialSums, LossEqualsTheSumOverVoxels) {
  CubeLattice const lattice{16, 5};
  auto const pressure = noise(lattice.n_cells(), 1);
  GnfwShape const shape{3, 0.7, 4};
  double sum = 0, count = 0;
  for (std::int64_t i = 0, voxel = 0; i < 16; ++i)
    for (std::int64_t j = 0; j < 16; ++j)
      for (std::int64_t k = 0; k < 16; ++k, ++voxel) {
        double const r = norm(lattice.centre_r200(i, j, k));
        if (r >= 2) continue;
        double const p = real(pressure[voxel]);
        sum += std::pow(p - gnfw(shape, r), 2);
        count += 1;
      }
  auto const sums = radial_sums(lattice, pressure);
  EXPECT_EQ(sums.n_voxels, count);
  EXPECT_NEAR(spherical_loss(sums, gnfw_at_shells(shape, sums)), sum / count, 1e-11 * sum / count);
}

TEST(RadialSums, SharesWithinARadiusHaveTheVolumeOfTheBall) {
  CubeLattice const lattice{32, 5};
  EXPECT_EQ(n_radii(lattice), 10);
  EXPECT_EQ(n_radii({64, 5}), 20);
  std::vector<float> const flat(lattice.n_cells(), 0.25F);
  auto const sums = radial_sums(lattice, flat);
  auto const within = pressure_within(sums, shares_within(lattice, 10));
  for (std::size_t k = 0; k + 1 < within.size(); ++k) {
    double const radius = 0.2 * real(k + 1);
    EXPECT_NEAR(within[k], 0.25 * 4 * std::numbers::pi / 3 * std::pow(radius, 3), 1e-12);
  }
  EXPECT_NEAR(within.back(), 0.25 * sums.n_voxels * std::pow(lattice.voxel_r200(), 3), 1e-12);
}

}  // namespace
}  // namespace setsz
