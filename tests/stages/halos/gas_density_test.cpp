// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/gas_density.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/units.hpp"
#include "stages/halos/field.hpp"

namespace setsz {
namespace {

/// Mass of the gas within x R200c over f_b M200c: 3/200 times the integral of rho x^2.
double baryons_within(std::string_view name, double mass_1e14msun, double redshift, double x_max) {
  double const h = 0.7;
  auto const shape = published_density(name)->shape(mass_1e14msun * 1e4 * h, h, redshift);
  int const n = 20000;
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    double const x = x_max * (i + 0.5) / n;
    sum += gnfw(shape, x) * x * x;
  }
  return 3.0 / 200 * sum * x_max / n;
}

// Clusters without feedback keep 9/10 of their baryons within R200 (Battaglia et al. 2013, ApJ 777,
// 123); feedback drives out more where masses are small. The
// digits: equation A1 and table 2 in numpy, trapezoidal rule with 400 000 steps.
TEST(GasDensity, HoldsTheBaryonsThatWerePublished) {
  EXPECT_NEAR(baryons_within("battaglia2016_shock", 1, 0, 1), 0.9164, 2e-4);
  EXPECT_NEAR(baryons_within("battaglia2016_shock", 10, 0.5, 1), 0.9075, 2e-4);
  EXPECT_NEAR(baryons_within("battaglia2016", 0.3, 0, 1), 0.6274, 2e-4);
  EXPECT_NEAR(baryons_within("battaglia2016", 1, 0, 1), 0.7009, 2e-4);
  EXPECT_NEAR(baryons_within("battaglia2016", 10, 0.5, 1), 0.8257, 2e-4);
  EXPECT_NEAR(baryons_within("battaglia2016", 3, 0.5, 2), 1.2747, 3e-4);
}

TEST(GasDensity, FallsAsItsSlopesSay) {
  auto const shape = published_density("battaglia2016")->shape(1e4 * 0.7, 0.7, 0);
  auto const slope = [&](double x) {
    return std::log(gnfw(shape, 1.01 * x) / gnfw(shape, x)) / std::log(1.01);
  };
  EXPECT_NEAR(slope(1e5), -3.83, 1e-3);
  EXPECT_NEAR(slope(1e-3), -0.2, 0.05);
}

// 1e14 Msun of hydrogen and helium in a column of 1 Mpc^2: 1e14 x 1.98841e33 g / 1.67262e-24 g x
// 0.88 electrons per nucleon x 6.65246e-25 cm^2 / (3.08568e24 cm)^2 = 7.310e-3.
TEST(OpticalDepth, IsThatOfTheElectronsOfAColumn) {
  double const h = 0.7, a = 0.5;
  double const mass = 1e4 * h, area = std::pow(1000 * h / a, 2);  // [1e10 Msun/h], [(ckpc/h)^2]
  EXPECT_NEAR(field_of_product("tau").integral(mass / area, a, h), 7.310e-3, 2e-6);
}

TEST(KineticSz, IsMinusTheOpticalDepthTimesTheVelocity) {
  BoxHalo const halo{.mass = 7000, .r200 = 900};
  double const away = 240;
  double const ratio =
      field_of_product("ksz").of_halo(halo, away) / field_of_product("tau").of_halo(halo, away);
  EXPECT_NEAR(ratio, -240 / units::light_speed_kms * 2.7255e6, 1e-8);
}

}  // namespace
}  // namespace setsz
