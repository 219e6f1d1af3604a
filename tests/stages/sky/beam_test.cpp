// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/beam.hpp"

#include <gtest/gtest.h>
#include <healpix_cxx/healpix_base.h>

#include <cmath>
#include <numbers>

#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/sky/sky_painter.hpp"

namespace setsz {
namespace {

constexpr int n_nodes = 512;

/// 2 pi integral of f b db and of f b^3 db, linear between the nodes.
std::array<double, 2> moments(std::vector<double> const& table, double end) {
  std::array<double, 2> sums{};
  std::size_t const n = table.size() - 2;
  double const step = end / real(n);
  for (std::size_t i = 0; i < n; ++i)
    for (double const t : {0.2113248654051871, 0.7886751345948129}) {  // Gauss, two points
      double const b = step * (real(i) + t), f = table[i] + t * (table[i + 1] - table[i]);
      sums[0] += std::numbers::pi * step * b * f;
      sums[1] += std::numbers::pi * step * b * b * b * f;
    }
  return sums;
}

std::vector<double> cusp(double b_cut) {
  std::vector<double> table(n_nodes + 2);
  for (int i = 0; i < n_nodes; ++i) {
    double const b = real(i) / n_nodes;
    table[static_cast<std::size_t>(i)] = std::exp(-3 * std::pow(b, 0.7)) * (1 - b) / b_cut;
  }
  return table;
}

TEST(Beam, KeepsTheIntegralAndAddsItsVariance) {
  double const b_cut = 0.01;
  auto const profile = cusp(b_cut);
  auto const before = moments(profile, b_cut);
  for (double const fwhm : {2e-4, 1e-3, 5e-3, 5e-2}) {
    Beam const beam(fwhm);
    std::vector<double> table(n_nodes + 2);
    beam.convolve(profile, b_cut, table);
    auto const after = moments(table, b_cut + beam.reach());
    EXPECT_NEAR(after[0] / before[0], 1, 1e-3) << fwhm;
    double const added = after[1] / after[0] - before[1] / before[0];
    EXPECT_NEAR(added, 2 * beam.sigma() * beam.sigma(), 2e-3 * after[1] / after[0]) << fwhm;
  }
}

TEST(Beam, OfAGaussianIsAWiderGaussian) {
  double const sigma = 1e-3, b_cut = 8e-3;
  std::vector<double> profile(n_nodes + 2), table(n_nodes + 2);
  for (int i = 0; i < n_nodes; ++i) {
    double const b = b_cut * i / n_nodes;
    profile[static_cast<std::size_t>(i)] = std::exp(-b * b / (2 * sigma * sigma));
  }
  for (double const ratio : {0.3, 1.0, 3.0}) {
    Beam const beam(ratio * sigma * std::sqrt(8 * std::log(2.0)));
    beam.convolve(profile, b_cut, table);
    double const variance = sigma * sigma * (1 + ratio * ratio), end = b_cut + beam.reach();
    for (int i = 0; i < n_nodes; i += 16) {
      double const b = end * i / n_nodes;
      EXPECT_NEAR(table[static_cast<std::size_t>(i)],
                  sigma * sigma / variance * std::exp(-b * b / (2 * variance)),
                  1e-3 / (1 + ratio * ratio));
    }
  }
}

TEST(Beam, AgreesWithASlowConvolutionInThePlane) {
  double const b_cut = 0.01;
  auto const profile = cusp(b_cut);
  Beam const beam(2e-3);
  std::vector<double> table(n_nodes + 2);
  beam.convolve(profile, b_cut, table);
  double const sigma = beam.sigma(), end = b_cut + beam.reach();
  for (std::size_t const i : {0, 20, 100, 250, 330}) {
    double const b = end * real(i) / n_nodes;
    constexpr int n = 800;  // a side of the square lattice around the point
    double const step = 2 * beam.reach() / n;
    double sum = 0, weights = 0;
    for (int k = 0; k < n; ++k)
      for (int m = 0; m < n; ++m) {
        double const x = step * (k + 0.5) - beam.reach(), y = step * (m + 0.5) - beam.reach();
        double const weight = std::exp(-(x * x + y * y) / (2 * sigma * sigma));
        double const at = std::hypot(b + x, y) / b_cut * n_nodes;
        weights += weight;
        if (at >= n_nodes) continue;
        auto const node = static_cast<std::size_t>(at);
        sum += weight * (profile[node] + (at - real(node)) * (profile[node + 1] - profile[node]));
      }
    EXPECT_NEAR(table[i] / (sum / weights), 1, 2e-3) << i;
  }
}

TEST(Beam, OnTheSkyKeepsTheSumAndMakesASmallHaloAGaussian) {
  ProfileFamily const family(
      [](double mass, double x) { return gnfw(gnfw_shape({}, mass, 0.6774, 0), x); }, 9000, 11000,
      4);
  RingGeometry const geometry(128);
  double const fwhm = 150 * units::arcmin;  // 5.5 pixels
  Beam const beam(fwhm);
  for (double const distance : {1e5, 1e7}) {
    RingMap map(geometry, 1, geometry.n_rings() + 1);
    SkyPainter painter(map, beam);
    Vec3 const position = distance * Vec3{0.48, 0.6, 0.64};
    SkyHalo const halo{position, 800, 1};
    auto const painted = painter.paint(family, 1e4, halo, Claims::on_fill({}));
    double sum = 0;
    for (double const value : map.values()) sum += value;
    EXPECT_NEAR(sum / painted.painted, 1, 1e-9);
    EXPECT_LT(painted.sampling_error, 0.01);
    double const whole = family.volume_integral(1e4) * 800.0 * 800 * 800 / (distance * distance);
    EXPECT_NEAR(painted.painted / whole, 1, 2e-3);
    if (distance < 1e6) continue;
    // Where the expansion of the pixel's mean to second order holds.
    T_Healpix_Base<int64> const healpix(128, RING, SET_NSIDE);
    double const sigma2 = beam.sigma() * beam.sigma();
    for (std::int64_t pixel = 0; pixel < 12 * 128 * 128; ++pixel) {
      auto const v = healpix.pix2vec(pixel);
      double const chord2 = norm2(Vec3{v.x, v.y, v.z} - (1 / distance) * position);
      if (chord2 > 4 * sigma2) continue;
      double const area = geometry.pixel_area(1);
      // Averaged over the pixel to second order.
      double const y = std::exp(-chord2 / (2 * sigma2)) / (2 * std::numbers::pi * sigma2) *
                       (1 + area / 24 * (chord2 / sigma2 - 2) / sigma2);
      EXPECT_NEAR(map.values()[static_cast<std::size_t>(pixel)] / (whole * y * area), 1, 0.02);
    }
  }
}

}  // namespace
}  // namespace setsz
