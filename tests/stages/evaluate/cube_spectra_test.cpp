// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/cube_spectra.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "pipeline/base/random.hpp"
#include "stages/evaluate/cube_images.hpp"

namespace setsz {
namespace {

std::vector<float> noise(CubeLattice const& lattice, std::uint64_t seed) {
  Random random(seed, Purpose::test);
  std::vector<float> values(lattice.n_cells());
  for (auto& value : values) value = single(random.normal());
  return values;
}

/// Power in the shells by the sum that defines it.
std::vector<double> slow_spectrum(CubeLattice const& lattice, std::vector<float> const& cube) {
  auto const n = lattice.n;
  std::vector<double> power(n / 2, 0), modes(n / 2, 0);
  for (std::int64_t a = -n / 2 + 1; a <= n / 2; ++a)
    for (std::int64_t b = -n / 2 + 1; b <= n / 2; ++b)
      for (std::int64_t c = -n / 2 + 1; c <= n / 2; ++c) {
        auto const shell = std::lround(std::sqrt(real(a * a + b * b + c * c)));
        if (shell == 0 || shell > n / 2) continue;
        std::complex<double> mode = 0;
        lattice.each_within(score_radius_r200, [&](std::size_t voxel, std::size_t) {
          auto const v = static_cast<std::int64_t>(voxel);
          auto const phase = real(a * (v / (n * n)) + b * (v / n % n) + c * (v % n));
          mode += std::polar(real(cube[voxel]), -2 * std::numbers::pi / real(n) * phase);
        });
        power[shell - 1] += std::norm(mode / real(lattice.n_cells()));
        modes[shell - 1] += 1;
      }
  for (std::size_t i = 0; i < power.size(); ++i)
    power[i] *= std::pow(lattice.edge_r200, 3) / modes[i];
  return power;
}

TEST(CubeSpectra, AreTheSumsThatDefineThem) {
  CubeLattice const lattice{8, 5};
  auto const gas = noise(lattice, 1), predicted = noise(lattice, 2), benchmark = noise(lattice, 3);
  auto residual = predicted;
  for (std::size_t i = 0; i < gas.size(); ++i) residual[i] -= gas[i];
  auto const spectra = cube_spectra(lattice, gas, predicted, benchmark);
  auto const of_gas = slow_spectrum(lattice, gas), of_residual = slow_spectrum(lattice, residual),
             of_benchmark = slow_spectrum(lattice, benchmark);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(spectra.gas[i], of_gas[i], 1e-12 * of_gas[i]);
    EXPECT_NEAR(spectra.benchmark[i], of_benchmark[i], 1e-12 * of_benchmark[i]);
    EXPECT_NEAR(spectra.residual[i], of_residual[i], 1e-6 * of_residual[i]);
    // |p - g|^2 = |p|^2 + |g|^2 - 2 Re(p g*)
    EXPECT_NEAR(spectra.residual[i], spectra.predicted[i] + spectra.gas[i] - 2 * spectra.crossed[i],
                1e-9 * spectra.residual[i]);
  }
}

TEST(CubeSpectra, OfASmoothedPredictionFallOffAtHighK) {
  CubeLattice const lattice{16, 4};
  auto const gas = noise(lattice, 4);
  std::vector<float> smooth(gas.size(), 0);
  auto const n = lattice.n;
  for (std::int64_t v = 0; v < lattice.n_cells(); ++v)
    smooth[v] = (gas[v] + gas[v / n * n + (v + 1) % n]) / 2;
  auto const spectra = cube_spectra(lattice, gas, smooth, gas);
  EXPECT_LT(high_k_ratio(spectra), 0.7);
  EXPECT_GT(spectra.predicted[0] / spectra.gas[0], 0.8);
  EXPECT_EQ(high_k_ratio(cube_spectra(lattice, gas, gas, gas)), 1);
  EXPECT_EQ(cube_spectra(lattice, gas, gas, gas).residual[3], 0);
}

TEST(CubeImages, HoldTheWholeIntegralAlongEachAxis) {
  CubeLattice const lattice{6, 5};
  auto const cube = noise(lattice, 5);
  auto const images = cube_images(lattice, cube);
  double sum = 0;
  lattice.each_within(score_radius_r200,
                      [&](std::size_t voxel, std::size_t) { sum += real(cube[voxel]); });
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double integral = 0;
    for (std::size_t i = 0; i < 36; ++i) integral += real(images[36 * axis + i]);
    EXPECT_NEAR(integral, sum * lattice.voxel_r200(), 1e-5);
  }
  // One voxel: where it appears.
  std::vector<float> one(lattice.n_cells(), 0);
  one[2 * 36 + 3 * 6 + 4] = 1;
  auto const its = cube_images(lattice, one);
  float const length = single(lattice.voxel_r200());
  EXPECT_EQ(its[3 * 6 + 4], length);
  EXPECT_EQ(its[36 + 2 * 6 + 4], length);
  EXPECT_EQ(its[72 + 2 * 6 + 3], length);
}

TEST(ProfileCube, IsTheProfileAtTheCentresOfTheVoxels) {
  CubeLattice const lattice{8, 5};
  GnfwShape const shape{3, 0.6, 4};
  auto const cube = profile_cube(lattice, shape);
  EXPECT_NEAR(real(cube[3 * 64 + 4 * 8 + 3]), gnfw(shape, norm(lattice.centre_r200(3, 4, 3))),
              1e-6);
  EXPECT_EQ(cube[0], 0.0F);
}

}  // namespace
}  // namespace setsz
