// SPDX-License-Identifier: BSD-3-Clause
#include "stages/residuals/radial_residuals.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_shells = 32;

std::vector<float> random_cube(CubeLattice const& lattice, std::uint64_t seed) {
  Random random(seed, Purpose::test);
  std::vector<float> cube;
  for (std::int64_t v = 0; v < lattice.n_cells(); ++v) cube.push_back(single(random.uniform()));
  return cube;
}

/// Shell by shell, subvoxel by subvoxel: slow and obvious.
double reference_mean(CubeLattice const& lattice, std::vector<float> const& cube,
                      std::int64_t shell) {
  constexpr std::int64_t parts = RadialShells::subvoxels_per_edge;
  double const low = 2.0 * real(shell) / n_shells, high = 2.0 * real(shell + 1) / n_shells;
  double sum = 0, count = 0;
  std::int64_t const n = lattice.n, fine = n * parts;
  double const step = lattice.edge_r200 / real(fine);
  for (std::int64_t i = 0; i < fine; ++i)
    for (std::int64_t j = 0; j < fine; ++j)
      for (std::int64_t k = 0; k < fine; ++k) {
        auto const at = [&](std::int64_t index) {
          return (real(index) + 0.5) * step - lattice.edge_r200 / 2;
        };
        double const r = std::hypot(at(i), at(j), at(k));
        if (r < low || r >= high) continue;
        if (norm(lattice.centre_r200(i / parts, j / parts, k / parts)) >= score_radius_r200)
          continue;
        sum += real(cube[((i / parts) * n + j / parts) * n + k / parts]);
        count += 1;
      }
  return sum / count;
}

TEST(RadialShells, MeansAreThoseOfAllSubvoxels) {
  CubeLattice const lattice{10, 5.05};  // no subvoxel's centre lies on the edge of a shell
  auto const cube = random_cube(lattice, 1);
  RadialShells const shells(lattice, n_shells);
  auto const means = shells.means(cube);
  for (std::int64_t const shell : {0, 1, 2, 7, 20, 31})
    EXPECT_NEAR(means[shell], reference_mean(lattice, cube, shell), 1e-12) << shell;
}

TEST(RadialShells, NoneIsEmptyAndTheirVolumesAreThoseOfSphericalShells) {
  for (std::int64_t const n : {24, 32, 64}) {
    CubeLattice const lattice{n, 5};
    RadialShells const shells(lattice, n_shells);
    double const unit = std::pow(lattice.voxel_r200(), 3), width = 2.0 / n_shells;
    // A part lies in a shell as a whole or not at all: a few per cent where shells are thin. Voxels
    // whose centre lies outside take a part of the outermost shells away.
    double const whole = 2 - lattice.voxel_r200() * std::sqrt(3.0) / 2;
    for (std::int64_t s = 0; s < n_shells; ++s) {
      EXPECT_GT(shells.volume()[s], 0) << s;
      if (width * real(s + 1) > whole) continue;
      double const volume = 4 * std::numbers::pi / 3 * std::pow(width, 3) *
                            (std::pow(real(s + 1), 3) - std::pow(real(s), 3));
      EXPECT_NEAR(shells.volume()[s] * unit / volume, 1, s < 2 ? 0.15 : 0.04) << n << " " << s;
    }
  }
}

TEST(RadialShells, TheSharesOfAnInnerVoxelAddUpToIt) {
  CubeLattice const lattice{16, 5};
  RadialShells const shells(lattice, n_shells);
  double sum = 0;
  for (auto const& share : shells.shares((8 * 16 + 9) * 16 + 7)) sum += share.part;
  EXPECT_EQ(sum, 1);
  EXPECT_TRUE(shells.shares(0).empty());  // a corner of the cube
}

TEST(RadialResiduals, OfAMultipleOfThePredictionAreThatMultiple) {
  CubeLattice const lattice{16, 5};
  auto const prediction = random_cube(lattice, 2);
  auto target = prediction;
  for (auto& p : target) p *= 1.5F;
  auto const result = radial_residuals(RadialShells(lattice, n_shells), target, prediction);
  for (std::int64_t s = 0; s < n_shells; ++s) {
    EXPECT_EQ(result.known[s], 1);
    EXPECT_NEAR(result.residual[s], 0.5, 1e-6);
    EXPECT_NEAR(result.target[s], 1.5 * result.prediction[s], 1e-6);
  }
}

TEST(RadialResiduals, AreNotKnownWhereNothingIsPredicted) {
  CubeLattice const lattice{32, 5};
  auto const target = random_cube(lattice, 3);
  auto prediction = target;
  lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t shell) {
    if (lattice.shell_radius_r200(static_cast<std::int64_t>(shell)) > 1) prediction[voxel] = 0;
  });
  auto const result = radial_residuals(RadialShells(lattice, n_shells), target, prediction);
  EXPECT_EQ(result.known[0], 1);
  EXPECT_EQ(result.known[31], 0);
  EXPECT_EQ(result.residual[31], 0);
}

}  // namespace
}  // namespace setsz
