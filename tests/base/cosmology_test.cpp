// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/cosmology.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

Cosmology const tng;  // the defaults

// Golden numbers for M200c = 5e13 and 1.02e15 Msun/h, worked out by hand from the formulas in
// docs/units.md; tolerance: the digits given there.
TEST(HaloScales, AreRightAtRedshiftZero) {
  auto const small = halo_scales(tng, 0, 5e3);
  EXPECT_NEAR(small.r200c_ckpch, 599, 0.5);
  EXPECT_NEAR(small.v200_kms, 599, 0.5);
  EXPECT_NEAR(small.p200_code, 0.157, 0.0005);
  auto const large = halo_scales(tng, 0, 1.02e5);
  EXPECT_NEAR(large.r200c_ckpch, 1637, 0.5);
  EXPECT_NEAR(large.v200_kms, 1637, 0.6);
  EXPECT_NEAR(large.p200_code, 1.170, 0.0015);
}

TEST(HaloScales, AreRightAtRedshiftOneHalf) {
  auto const scales = halo_scales(tng, 0.5, 5e3);
  EXPECT_NEAR(scales.r200c_ckpch, 748.1, 0.06);
  EXPECT_NEAR(scales.v200_kms, 656.7, 0.06);
  EXPECT_NEAR(scales.p200_code, 0.0967, 0.00005);
  double const a = 1 / 1.5;
  EXPECT_NEAR(scales.p200_code / (a * a * a), 0.3264, 0.00006);  // physical
}

TEST(HaloScales, MassRadiusAndDensityBelongTogether) {
  for (double const z : {0.0, 0.5, 2.0}) {
    auto const scales = halo_scales(tng, z, 1e4);
    double const r = scales.r200c_ckpch / (1 + z);
    double const mass = 4 * std::numbers::pi / 3 * r * r * r * 200 * tng.critical_density(z);
    EXPECT_NEAR(mass, 1e4, 1e-8);
    EXPECT_NEAR(scales.v200_kms * scales.v200_kms * r, units::gravity * 1e4, 1e-5 * 1e8);
  }
}

TEST(Cosmology, ExpansionKnowsCurvature) {
  EXPECT_EQ(tng.expansion(0), 1);
  Cosmology const open{.omega_m = 0.3, .omega_l = 0};
  EXPECT_NEAR(open.expansion(1), std::sqrt(0.3 * 8 + 0.7 * 4), 1e-14);
}

TEST(Cosmology, DistanceOfAnEmptyAndAnEinsteinDeSitterUniverseIsExact) {
  double const c_over_h0 = units::light_speed_kms / 100 * 1000;  // [kpc/h]
  Cosmology const einstein{.omega_m = 1, .omega_l = 0};
  Cosmology const de_sitter{.omega_m = 0, .omega_l = 1};
  for (double const z : {0.0, 0.01, 0.5, 1.0, 5.0}) {
    EXPECT_NEAR(einstein.comoving_distance(z), 2 * c_over_h0 * (1 - 1 / std::sqrt(1 + z)),
                1e-12 * c_over_h0);
    EXPECT_NEAR(de_sitter.comoving_distance(z), c_over_h0 * z, 1e-12 * c_over_h0);
  }
}

TEST(Cosmology, RedshiftIsTheInverseOfDistance) {
  for (double const z : {0.0, 0.003, 0.5, 3.0, 15.0}) {
    EXPECT_NEAR(tng.redshift_at(tng.comoving_distance(z)), z, 1e-9 * (1 + z));
  }
  EXPECT_THROW(tng.redshift_at(1e9), Error);
}

TEST(Units, ComptonYOfACodePressureIsTheDocumentedNumber) {
  EXPECT_NEAR(units::compton_y_per_code(0.6774), 1.1495e-8, 0.0001e-8);
  // Physical pressure a^-3 P over a physical length a l: at a = 1/2 four times as much.
  EXPECT_NEAR(units::compton_y(10, 0.5, 0.6774), 40 * units::compton_y_per_code(0.6774), 1e-20);
}

TEST(Units, ConstantsAgreeWithEachOther) {
  // rho_crit = 3 H0^2 / (8 pi G) with H0 = 0.1 km/s/(kpc/h).
  EXPECT_NEAR(3 * 0.1 * 0.1 / (8 * std::numbers::pi * units::gravity), units::rho_crit_0,
              1e-5 * units::rho_crit_0);
  // A fully ionised gas of hydrogen and helium has 1 + (1 - X)/(2 X) electrons per hydrogen atom.
  double const x = units::hydrogen_fraction;
  EXPECT_NEAR(units::electron_pressure_fraction(1 + (1 - x) / (2 * x)),
              units::electron_pressure_fraction_ionised, 1e-15);
  EXPECT_NEAR(units::electron_pressure_fraction_ionised, 3.52 / 6.8, 1e-15);
}

}  // namespace
}  // namespace setsz
