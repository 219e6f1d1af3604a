// SPDX-License-Identifier: BSD-3-Clause
// Golden numbers: numpy/scipy evaluation of the formulas (scipy.integrate.quad to 1e-12), TNG
// cosmology; tolerances are rounding, but for the constants G and Msun where a pressure in keV/cm^3
// is compared (1e-4).
#include "model/gnfw.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

constexpr double h = 0.6774;

TEST(Gnfw, PivotMassIsInSolarMassesWithoutH) {
  GnfwShape const shape = gnfw_shape({}, 1e4 * h, h, 0);  // 1e14 Msun
  EXPECT_NEAR(shape.p0, 2.560, 1e-12);
  EXPECT_NEAR(shape.xc, 5.293, 1e-12);
  EXPECT_NEAR(shape.beta, 22.17, 1e-12);
}

TEST(Gnfw, ReproducesTheFormulaAtLowAndHighMass) {
  GnfwShape const low = gnfw_shape({}, 5e3, h, 0);
  EXPECT_NEAR(low.xc, 6.775111108368873, 1e-11);
  EXPECT_NEAR(gnfw(low, 0), 30.238512642565098, 1e-10);
  EXPECT_NEAR(gnfw(low, 0.1), 5.111707814771476, 1e-11);
  EXPECT_NEAR(gnfw(low, 1), 0.09473737762513497, 1e-13);
  GnfwShape const high = gnfw_shape({}, 1.02e5, h, 0);
  EXPECT_NEAR(gnfw(high, 0.1), 10.690612061933283, 1e-11);
  EXPECT_NEAR(gnfw(high, 2), 0.020501443980161505, 1e-14);
}

TEST(Gnfw, VolumeIntegralMatchesAdaptiveQuadrature) {
  EXPECT_NEAR(gnfw_volume_integral(gnfw_shape({}, 5e3, h, 0), 2), 2.114332420111357, 1e-10);
  EXPECT_NEAR(gnfw_volume_integral(gnfw_shape({}, 1.02e5, h, 0), 2), 4.142683172160808, 1e-10);
  EXPECT_EQ(gnfw_volume_integral(gnfw_shape({}, 5e3, h, 0), 0), 0);
}

TEST(Gnfw, CoreIsInUnitsOfR200) {
  // With the core in units of xc the low-mass profile (xc = 6.8) would be cut at 0.0068 R200.
  for (double const core : {1e-3, 0.1}) {
    GnfwShape const low = gnfw_shape({.core = core}, 5e3, h, 0);
    double const y = (0.01 + core) / low.xc;
    EXPECT_NEAR(gnfw(low, 0.01), low.p0 * std::pow(y, -0.3) * std::pow(1 + y, -low.beta), 1e-12);
  }
}

TEST(Gnfw, PublishedProfilesHaveNoCore) {
  for (auto const calibration :
       {Battaglia2012::agn_200, Battaglia2012::shock_200, Battaglia2012::agn_500})
    EXPECT_EQ(battaglia2012(calibration, 5e3, h, 0.5, 5).core, 1e-6);
  EXPECT_EQ(arnaud2010(Cosmology{}, 0.5, 5e3, 5).core, 1e-6);
}

TEST(Gnfw, VolumeIntegralWithACoreMatchesSimpsonsRule) {
  for (double const core : {1e-3, 0.03, 0.5}) {
    GnfwShape const shape = gnfw_shape({.core = core}, 2e3, h, 0);
    auto const integrand = [&](double u) {  // x = u^3: smooth enough at the centre
      double const x = u * u * u;
      return 4 * std::numbers::pi * x * x * gnfw(shape, x) * 3 * u * u;
    };
    int const n = 20000;
    double const step = std::cbrt(2.0) / n;
    double sum = integrand(0) + integrand(n * step);
    for (int i = 1; i < n; ++i) sum += (i % 2 == 1 ? 4 : 2) * integrand(i * step);
    EXPECT_NEAR(gnfw_volume_integral(shape, 2) / (sum * step / 3), 1, 1e-10) << core;
  }
}

TEST(Gnfw, SlopesAreThoseOfFiniteDifferences) {
  double const step = 1e-5;
  for (double const core : {1e-3, 0.05, 0.5})
    for (double const r : {0.0, 0.07, 0.6, 2.0}) {
      GnfwShape const shape{.p0 = 3, .xc = 0.7, .beta = 4.5, .core = core};
      auto const slopes = gnfw_slopes(shape, r);
      EXPECT_EQ(slopes.value, gnfw(shape, r));
      auto const difference = [&](double GnfwShape::*member) {
        GnfwShape above = shape, below = shape;
        above.*member *= std::exp(step), below.*member *= std::exp(-step);
        return (gnfw(above, r) - gnfw(below, r)) / (2 * step);
      };
      EXPECT_NEAR(slopes.value, difference(&GnfwShape::p0), 1e-8 * slopes.value);
      EXPECT_NEAR(slopes.by_ln_xc, difference(&GnfwShape::xc), 1e-8 * slopes.value);
      EXPECT_NEAR(slopes.by_ln_beta, difference(&GnfwShape::beta), 1e-8 * slopes.value);
      EXPECT_NEAR(slopes.by_ln_core, difference(&GnfwShape::core), 1e-8 * slopes.value);
    }
}

TEST(Gnfw, RedshiftSlopesScaleWithOnePlusZ) {
  GnfwShape const shape =
      battaglia2012(Battaglia2012::agn_200, 5e3, h, 0.5, duffy_concentration(5e3, 0.5));
  EXPECT_NEAR(shape.p0, 6.575463514570362, 1e-11);  // 18.1 x 0.5177, slopes 0.154 and -0.758
  EXPECT_NEAR(shape.xc, 0.6702237593820637, 1e-12);
  EXPECT_NEAR(shape.beta, 5.08609461053228, 1e-12);
  EXPECT_NEAR(gnfw(shape, 1), 0.056088708716082195, 1e-13);
}

TEST(Gnfw, Overdensity500TableIsConvertedToR200) {
  double const c = 5, radius = r500_over_r200(c);
  EXPECT_NEAR(radius, 0.6610311443701103, 1e-12);
  GnfwShape const shape = battaglia2012(Battaglia2012::agn_500, 1e4 * h, h, 0, c);
  EXPECT_NEAR(shape.xc, 0.710 * radius, 1e-12);
  EXPECT_NEAR(shape.p0, 7.49 * 3.52 / 6.8 * 6.25 * radius * radius, 1e-11);
  EXPECT_THROW(battaglia2012_parameters(Battaglia2012::agn_500), Error);
}

TEST(Gnfw, BattagliaTablesAgreeWithEachOtherWhereTheyWereFitted) {
  // Two fits of the same simulated haloes in different units: the pressure at R500 of a 3e14 Msun
  // cluster agrees to the accuracy of such fits.
  double const mass = 3e4 * h, c = 4.5, radius = r500_over_r200(c);
  double const in_200 = gnfw(battaglia2012(Battaglia2012::agn_200, mass, h, 0, c), radius);
  double const in_500 = gnfw(battaglia2012(Battaglia2012::agn_500, mass, h, 0, c), radius);
  EXPECT_NEAR(in_500 / in_200, 1, 0.15);
}

TEST(Gnfw, ArnaudIsTheElectronPressureOfTheUniversalProfile) {
  GnfwShape const shape = arnaud2010(Cosmology{}, 0.5, 5e3, 5);
  // Their equations 11 to 13 in another program.
  EXPECT_NEAR(gnfw(shape, 0.5), 0.5112968658820645, 1e-6);
}

TEST(Gnfw, DuffyConcentration) {
  EXPECT_NEAR(duffy_concentration(5e3, 0.5), 3.60119182642314, 1e-12);
}

TEST(Gnfw, ParametersSurviveJson) {
  GnfwParameters const before{.A_P0 = 1.25, .slope_beta = 0.1, .core = 0.07};
  nlohmann::json const json = before;
  EXPECT_EQ(json.get<GnfwParameters>(), before);
  nlohmann::json without = json;
  without.erase("A_xc");
  EXPECT_THROW(without.get<GnfwParameters>(), nlohmann::json::exception);
  nlohmann::json six = json;
  for (auto key : {"slope_P0", "slope_xc", "slope_beta"}) six.erase(key);
  six.erase("core");
  EXPECT_EQ(six.get<GnfwParameters>().slope_beta, 0);
  EXPECT_EQ(six.get<GnfwParameters>().core, 1e-3);
}

}  // namespace
}  // namespace setsz
