// SPDX-License-Identifier: BSD-3-Clause
// Balls of gas on a grid by cloud in cell: against sums over points, and in Fourier space.
#include "stages/common/ball_cloud.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

double sum_of(BallCloud::Block const& block) {
  return std::accumulate(block.shares.begin(), block.shares.end(), 0.0);
}

/// Shares of points in chords of the ball, `n` across.
std::vector<double> by_points(Vec3 const& centre, double radius, BallCloud::Block const& block,
                              int n) {
  std::vector<double> shares(block.shares.size(), 0.0);
  double volume = 0, step = 2 * radius / n;
  auto const add = [&](Vec3 const& at, double weight) {
    std::array<std::array<double, 2>, 3> share;
    std::array<std::int64_t, 3> cell;
    for (std::size_t d = 0; d < 3; ++d) {
      double const low = std::floor(at[d] - 0.5);
      share[d] = {1 - (at[d] - 0.5 - low), at[d] - 0.5 - low};
      cell[d] = static_cast<std::int64_t>(low) - block.first[d];
    }
    for (std::size_t corner = 0; corner < 8; ++corner) {
      std::size_t const a = corner >> 2, b = corner >> 1 & 1, c = corner & 1;
      auto const [i, j, k] =
          std::tuple(cell[0] + static_cast<std::int64_t>(a), cell[1] + static_cast<std::int64_t>(b),
                     cell[2] + static_cast<std::int64_t>(c));
      shares.at(static_cast<std::size_t>((i * block.size[1] + j) * block.size[2] + k)) +=
          weight * share[0][a] * share[1][b] * share[2][c];
    }
    volume += weight;
  };
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      double const x = (i + 0.5) * step - radius, y = (j + 0.5) * step - radius;
      double const half = std::sqrt(std::max(0.0, radius * radius - x * x - y * y));
      for (int k = 0; half > 0 && k < n; ++k)
        add(centre + Vec3{x, y, ((k + 0.5) * 2 / n - 1) * half}, half);
    }
  for (double& share : shares) share /= volume;
  return shares;
}

TEST(BallCloud, AgreesWithASumOverPoints) {
  BallCloud cloud;
  Random random(11, Purpose::test);
  for (double const radius : {0.02, 0.15, 0.45, 0.8, 1.3, 2.7}) {
    for (int trial = 0; trial < 6; ++trial) {
      Vec3 const centre{4 * random.uniform() - 2, 4 * random.uniform(), 4 * random.uniform()};
      auto const block = cloud(centre, radius);
      auto const slow = by_points(centre, radius, block, 100);
      for (std::size_t i = 0; i < slow.size(); ++i)
        ASSERT_NEAR(block.shares[i], slow[i], 2e-4) << radius << " " << trial << " " << i;
    }
  }
}

TEST(BallCloud, HoldsTheWholeBallAndItsCentreOfMass) {
  BallCloud cloud;
  Random random(12, Purpose::test);
  for (double const radius : {1e-9, 0.01, 0.3, 0.5, 1.0, 3.3, 9.0, 23.9}) {
    for (int trial = 0; trial < 4; ++trial) {
      Vec3 const centre{9 * random.uniform(), 9 * random.uniform(), 9 * random.uniform()};
      auto const block = cloud(centre, radius);
      EXPECT_NEAR(sum_of(block), 1, 1e-9) << radius;
      Vec3 mean{};
      std::size_t at = 0;
      for (std::int64_t i = 0; i < block.size[0]; ++i)
        for (std::int64_t j = 0; j < block.size[1]; ++j)
          for (std::int64_t k = 0; k < block.size[2]; ++k, ++at) {
            EXPECT_GE(block.shares[at], 0);
            mean = mean + block.shares[at] * Vec3{real(block.first[0] + i) + 0.5,
                                                  real(block.first[1] + j) + 0.5,
                                                  real(block.first[2] + k) + 0.5};
          }
      EXPECT_LT(norm(mean - centre), 1e-8) << radius;
    }
  }
  // So large that cells share it equally.
  EXPECT_NEAR(sum_of(cloud({0.3, 0.2, 0.1}, 30)), 1, 1e-10);
}

/// Transform of a uniform ball.
double ball_window(double kr) {
  return kr < 1e-2 ? 1 - kr * kr / 10 : 3 * (std::sin(kr) - kr * std::cos(kr)) / (kr * kr * kr);
}
double sinc(double x) { return x == 0 ? 1 : std::sin(x) / x; }

/// Power of a ball anywhere on the grid at a mode [rad per cell]: that of the ball times the square
/// of the window of cloud in cell, and of all modes that look alike on the grid.
/// \source Jing (2005), ApJ 620, 559, equation 18
double analytic_power(Vec3 const& mode, double radius) {
  constexpr int n = 12;
  double power = 0;
  for (int i = -n; i <= n; ++i)
    for (int j = -n; j <= n; ++j)
      for (int l = -n; l <= n; ++l) {
        Vec3 const k = mode + 2 * std::numbers::pi * Vec3{real(i), real(j), real(l)};
        double const window = sinc(k.x / 2) * sinc(k.y / 2) * sinc(k.z / 2);
        power += std::pow(window * window * ball_window(norm(k) * radius), 2);
      }
  return power;
}

/// Mean over `n`^3 places in a cell.
double power_on_the_grid(Vec3 const& mode, double radius, int n) {
  BallCloud cloud;
  double power = 0;
  for (int place = 0; place < n * n * n; ++place) {
    Vec3 const centre = Vec3{place / n / n + 0.5, place / n % n + 0.5, place % n + 0.5} / n;
    auto const block = cloud(centre, radius);
    std::complex<double> transform;
    std::size_t at = 0;
    for (std::int64_t i = 0; i < block.size[0]; ++i)
      for (std::int64_t j = 0; j < block.size[1]; ++j)
        for (std::int64_t k = 0; k < block.size[2]; ++k, ++at)
          transform +=
              block.shares[at] * std::polar(1.0, dot(mode, Vec3{real(i), real(j), real(k)}));
    power += std::norm(transform) / (n * n * n);
  }
  return power;
}

TEST(BallCloud, HasTheRightPowerAtTheNyquistFrequency) {
  double const nyquist = std::numbers::pi;
  for (double const radius : {0.05, 0.24, 0.5, 0.9, 1.9}) {
    for (Vec3 const& mode : {Vec3{nyquist, 0, 0}, Vec3{nyquist / 2, 0.3, 0},
                             nyquist / std::sqrt(3.0) * Vec3{1, 1, 1}}) {
      double const expected = analytic_power(mode, radius);
      EXPECT_NEAR(power_on_the_grid(mode, radius, 24) / expected, 1, 5e-4)
          << radius << " at " << mode.x << " " << mode.y;
    }
  }
}

}  // namespace
}  // namespace setsz
