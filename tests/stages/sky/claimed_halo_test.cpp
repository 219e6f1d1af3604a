// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "stages/sky/sky_painter.hpp"
#include "tests/stages/sky/fill_profile.hpp"
#include "tests/stages/sky/sky_oracle.hpp"

namespace setsz {
namespace {

constexpr std::int64_t nside = 64;

SkyHalo halo_at(double theta, double phi, double r200_per_pixel) {
  double const distance = r200 / (r200_per_pixel * RingGeometry(nside).pixel_size());
  Vec3 const direction{std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi),
                       std::cos(theta)};
  return {distance * direction, r200, 1e-8};
}

std::int64_t refinement(double r200_per_pixel) {
  return r200_per_pixel < 0.2 ? 128 : r200_per_pixel < 1 ? 32 : 8;
}

struct Surroundings {
  char const* name;
  std::vector<Neighbour> neighbours;
};
/// Spheres reach to 2 R200, the halo to 2400.
std::vector<Surroundings> const surroundings = {
    {"a large cluster from one side", {{{-1500, 2000, 1700}, 1200, 0}}},
    {"a small one inside: its lines end within the halo at both ends",
     {{{500, -600, 700}, 250, 0}}},
    {"two that overlap", {{{1500, 300, -200}, 700, 3}, {{900, 1500, 300}, 500, 4}}},
    {"three",
     {{{1500, 300, -200}, 700, 3}, {{900, 1500, 300}, 500, 4}, {{-900, -800, 0}, 300, 5}}}};

/// Sum over the pixels of what is wrong, over the sum of the oracle.
double difference(std::span<double const> map, std::vector<double> const& oracle) {
  double sum = 0, total = 0;
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    sum += std::abs(map[i] - oracle[i]);
    total += oracle[i];
  }
  return sum / total;
}

void expect_as_the_oracle(double theta, double phi, double per_pixel, double tolerance) {
  RingGeometry const rings(nside);
  auto const profile = [](double r) { return gnfw_profile(mass, r / r200); };
  for (auto const& [name, neighbours] : surroundings) {
    SCOPED_TRACE(testing::Message() << name << ", R200 of " << per_pixel << " pixels at " << theta);
    auto const claims = Claims::on_fill(neighbours);
    SkyHalo const halo = halo_at(theta, phi, per_pixel);
    RingMap map(rings, 1, rings.n_rings() + 1);
    auto const painted = SkyPainter(map).paint(fill_family(), mass, halo, claims);
    auto const oracle =
        oracle_profile(nside, profile, 4 * r200, halo, claims, refinement(per_pixel), 120);
    EXPECT_GT(painted.removed, 0.01 * painted.painted);
    EXPECT_NEAR(sum_of(map.values()) / painted.painted, 1, 1e-11);
    EXPECT_NEAR(painted.painted / sum_of(oracle), 1, 0.003);
    EXPECT_LT(difference(map.values(), oracle), tolerance);
  }
}

// Below a pixel what is left is known through points of the halo, above through lines of sight.
TEST(ClaimedHalo, SmallerThanAPixelIsWhatTheOracleLeaves) {
  expect_as_the_oracle(1.1, 2.3, 0.15, 0.02);
  expect_as_the_oracle(1.1, 2.3, 0.3, 0.02);
  expect_as_the_oracle(1.1, 2.3, 0.9, 0.02);
}
TEST(ClaimedHalo, SmallerThanAPixelInACapAndAtThePole) {
  expect_as_the_oracle(0.4, 1.57, 0.3, 0.02);
  expect_as_the_oracle(0.01, 4, 0.3, 0.02);
  expect_as_the_oracle(2.8, 1e-4, 0.3, 0.02);
}
TEST(ClaimedHalo, LargerThanAPixelIsWhatTheOracleLeaves) {
  expect_as_the_oracle(1.1, 2.3, 1.5, 0.015);
  expect_as_the_oracle(0.4, 0, 4, 0.015);
}

}  // namespace
}  // namespace setsz
