// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/gas_integrals.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr double mass = 5000, r200 = 600, r500 = 400, x_cut = 2;
GnfwShape shape() { return gnfw_shape({}, mass, 0.6774, 0); }

/// The line through a sphere at impact parameter x, by many small steps [r200].
double line(double x) {
  int const n = 4000;
  double const half = std::sqrt(std::max(0.0, x_cut * x_cut - x * x));
  double sum = 0;
  for (int i = 0; i < n; ++i) {  // l = half t^3: steps crowd at the centre
    double const t = (i + 0.5) / n, l = half * t * t * t;
    sum += gnfw(shape(), std::sqrt(x * x + l * l)) * 3 * half * t * t / n;
  }
  return 2 * sum;
}

/// (n, n, n) voxels, edge 5 R200, of a function of the place [R200], 0 beyond 2 R200.
template <class Function>
HaloGas cube_of(std::int64_t n, Function const& f) {
  double const edge = 5 * r200;
  std::vector<float> values;
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    auto const at = [&](std::int64_t k) { return (real(k % n) + 0.5 - real(n) / 2) * 5 / real(n); };
    Vec3 const x{at(i / n / n), at(i / n), at(i)};
    values.push_back(norm(x) < x_cut ? single(f(x)) : 0.0F);
  }
  return {SparseCube(values, n, edge), Claims::on_fill({})};
}

TEST(GasIntegrals, OfAProfileAreThoseOfItsFormula) {
  ProfileFamily const family(
      [](double m, double x) { return gnfw(gnfw_shape({}, m, 0.6774, 0), x); }, 1000, 20000, x_cut);
  HaloGas const gas{ProfileGas{&family, mass, r200}, Claims::on_fill({})};
  auto const sums = integrals_of(gas, r200, r500, {0, 0, 1});
  double const unit = r200 * r200 * r200;
  EXPECT_NEAR(sums.within_r200 / (unit * gnfw_volume_integral(shape(), 1)), 1, 1e-4);
  EXPECT_NEAR(sums.within_r500 / (unit * gnfw_volume_integral(shape(), r500 / r200)), 1, 1e-4);
  EXPECT_NEAR(sums.along_centre / (r200 * line(0)), 1, 1e-4);
  double cylinder = 0;
  int const n = 2000;
  for (int i = 0; i < n; ++i) {
    double const x = (i + 0.5) / n;
    cylinder += 2 * std::numbers::pi * x * line(x) / n;
  }
  EXPECT_NEAR(sums.in_cylinder / (unit * cylinder), 1, 2e-4);
}

TEST(GasIntegrals, OfAUniformCubeAreVolumes) {
  auto const gas = cube_of(100, [](Vec3 const&) { return 1.0; });
  for (Vec3 const& direction : {Vec3{0, 0, 1}, unit(Vec3{0.3, -0.5, 0.8})}) {
    auto const sums = integrals_of(gas, r200, r500, direction);
    double const sphere = 4 * std::numbers::pi / 3, volume = r200 * r200 * r200;
    EXPECT_NEAR(sums.within_r200 / (sphere * volume), 1, 0.01);
    EXPECT_NEAR(sums.within_r500 / (sphere * r500 * r500 * r500), 1, 0.01);
    // A sphere of radius 2 without what lies beyond the cylinder of radius 1.
    double const cylinder = sphere * (8 - std::pow(3.0, 1.5));
    EXPECT_NEAR(sums.in_cylinder / (cylinder * volume), 1, 0.01);
    EXPECT_NEAR(sums.along_centre / (4 * r200), 1, 0.03);
  }
}

TEST(GasIntegrals, TurnWithTheCube) {
  auto const gas = cube_of(16, [](Vec3 const& x) {
    return std::exp(-norm(x - Vec3{0.4, -0.3, 0.2}));
  });
  Vec3 const direction = unit(Vec3{0.31, -0.52, 0.8});
  auto const sums = integrals_of(gas, r200, r500, direction);
  for (std::uint64_t i = 0; i < CubeSymmetry::count; ++i) {
    auto const turn = CubeSymmetry::number(i);
    auto const turned = integrals_of(gas.turned(turn), r200, r500, turn * direction);
    EXPECT_NEAR(turned.in_cylinder / sums.in_cylinder, 1, 1e-12);
    EXPECT_NEAR(turned.along_centre / sums.along_centre, 1, 1e-12);
    EXPECT_NEAR(turned.within_r500 / sums.within_r500, 1, 1e-12);
    if (i == 0) continue;
    auto const unturned = integrals_of(gas, r200, r500, turn * direction);
    EXPECT_GT(std::abs(unturned.along_centre / sums.along_centre - 1),
              i == 7 ? -1 : 1e-6);  // 7: -1
  }
}

}  // namespace
}  // namespace setsz
