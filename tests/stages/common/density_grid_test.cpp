// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/density_grid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {
namespace {

DensityGrid const grid{6, 12};

ClusterParticles particles(std::vector<Vec3> const& positions) {
  ClusterParticles particles;
  for (auto const& r : positions) {
    particles.x.push_back(single(r.x));
    particles.y.push_back(single(r.y));
    particles.z.push_back(single(r.z));
  }
  return particles;
}

/// The overlap of the particle's cube with each cell, as it is defined.
std::vector<double> slow_grid(std::vector<Vec3> const& positions, double mean) {
  double const cell = grid.edge_ckpch / real(grid.n);
  auto const overlap = [&](double x, std::int64_t i) {
    double const low = cell * real(i) - grid.edge_ckpch / 2;
    return std::max(0.0, std::min(low + cell, x + cell / 2) - std::max(low, x - cell / 2)) / cell;
  };
  std::vector<double> density;
  for (std::int64_t i = 0; i < grid.n; ++i)
    for (std::int64_t j = 0; j < grid.n; ++j)
      for (std::int64_t k = 0; k < grid.n; ++k) {
        double sum = 0;
        for (auto const& r : positions) sum += overlap(r.x, i) * overlap(r.y, j) * overlap(r.z, k);
        density.push_back(sum / (mean * cell * cell * cell));
      }
  return density;
}

TEST(DensityGrid, SharesEachParticleAmongTheCellsItOverlaps) {
  Random random(1, Purpose::test);
  std::vector<Vec3> positions;
  for (int i = 0; i < 300; ++i)
    positions.push_back(
        {14 * random.uniform() - 7, 14 * random.uniform() - 7, 14 * random.uniform() - 7});
  auto const density = density_grid(particles(positions), grid, 0.3);
  auto const expected = slow_grid(positions, 0.3);
  ASSERT_EQ(density.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(real(density[i]), expected[i], 1e-5 * (1 + expected[i])) << i;
}

TEST(DensityGrid, KeepsTheMassOfWhatLiesInsideAndIsOneAtTheMeanDensity) {
  std::vector<Vec3> positions;  // a lattice with 2^3 particles a cell, also around the grid
  for (int i = -8; i < 20; ++i)
    for (int j = -8; j < 20; ++j)
      for (int k = -8; k < 20; ++k) positions.push_back({i - 5.5, j - 5.5, k - 5.5});
  for (float const d : density_grid(particles(positions), grid, 1)) EXPECT_NEAR(d, 1, 1e-6);
  auto const one = density_grid(particles({{1.3, -2.2, 0.4}}), grid, 1);
  EXPECT_NEAR(std::accumulate(one.begin(), one.end(), 0.0), 1.0 / 8, 1e-7);
}

}  // namespace
}  // namespace setsz
