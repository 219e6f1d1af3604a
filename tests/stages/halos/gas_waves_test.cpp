// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/gas_waves.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr double mass = 5000, r200 = 600, x_cut = 4;
GnfwShape shape() { return gnfw_shape({}, mass, 0.6774, 0); }
double pressure(double x) { return x < x_cut ? gnfw(shape(), x) : 0; }

ProfileFamily const& family() {
  static ProfileFamily const one(
      [](double m, double x) { return gnfw(gnfw_shape({}, m, 0.6774, 0), x); }, 1000, 20000, x_cut);
  return one;
}
HaloGas profile() { return {ProfileGas{&family(), mass, r200}, Claims::on_fill({})}; }

/// F by its definition.
double slow(double q) {
  int const n = 400000;
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    double const x = x_cut * (i + 0.5) / n;
    sum += 4 * std::numbers::pi * pressure(x) * x * std::sin(q * x) / q * x_cut / n;
  }
  return sum;
}

TEST(GasWaves, OfAProfileAreThoseOfItsDefinition) {
  auto const waves = waves_of(profile(), r200);
  EXPECT_NEAR(waves.at(std::log(0.03)) / gnfw_volume_integral(shape(), x_cut), 1, 1e-3);
  for (std::size_t i = 0; WaveTable::node(i) < 25; i += 5)
    EXPECT_NEAR(waves.values()[i] / slow(WaveTable::node(i)), 1, 2e-3) << WaveTable::node(i);
  for (auto const& [q, tolerance] :
       {std::pair(0.05, 1e-4), {0.33, 1e-4}, {1.2, 1e-3}, {2.7, 1e-3}, {7.1, 6e-3}, {21.0, 2e-2}})
    EXPECT_NEAR(waves.at(std::log(q)) / slow(q), 1, tolerance) << q;
  EXPECT_EQ(waves.at(std::log(1e-3)), waves.values().front());
  EXPECT_EQ(waves.at(std::log(1e4)), 0);
}

/// What is seen is the projection.
TEST(GasWaves, AreTheTransformOfTheProjection) {
  std::array<double, ProfileFamily::table_size> projected;
  family().projected(mass, projected);
  auto const waves = waves_of(profile(), r200);
  double const step = x_cut / ProfileFamily::n_nodes;
  for (double const q : {0.2, 1.0, 4.0}) {
    double sum = 0;
    int const per_node = 20;
    for (int i = 0; i < ProfileFamily::n_nodes * per_node; ++i) {
      double const place = (i + 0.5) / per_node, b = step * place;
      auto const node = static_cast<std::size_t>(place);
      double const t = place - real(node);
      sum += 2 * std::numbers::pi * b * ((1 - t) * projected[node] + t * projected[node + 1]) *
             std::cyl_bessel_j(0, q * b) * step / per_node;
    }
    EXPECT_NEAR(waves.at(std::log(q)) / sum, 1, 3e-3) << q;
  }
}

TEST(GasWaves, OfARoundCubeAreThoseOfItsProfile) {
  constexpr std::int64_t n = 80;
  std::vector<float> values;
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    auto const at = [&](std::int64_t k) {
      return (real(k % n) + 0.5 - real(n) / 2) * 2 * x_cut / real(n);
    };
    double const x = norm(Vec3{at(i / n / n), at(i / n), at(i)});
    values.push_back(single(x < x_cut ? std::exp(-x * x) : 0));
  }
  HaloGas const cube{SparseCube(values, n, 2 * x_cut * r200), Claims::on_fill({})};
  auto const waves = waves_of(cube, r200);
  for (double const q : {0.1, 1.0, 2.0, 4.0}) {
    double const exact = std::pow(std::numbers::pi, 1.5) * std::exp(-q * q / 4);
    EXPECT_NEAR(waves.at(std::log(q)) / exact, 1, 5e-3) << q;
  }
  HaloGas const none{SparseCube(std::vector<float>(8, 0.0F), 2, r200), Claims::on_fill({})};
  EXPECT_EQ(waves_of(none, r200).at(0), 0);
}

}  // namespace
}  // namespace setsz
