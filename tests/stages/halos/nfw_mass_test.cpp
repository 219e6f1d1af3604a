// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/nfw_mass.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "io/tables/column_unit.hpp"
#include "pipeline/base/number.hpp"
#include "stages/halos/distance_law.hpp"

namespace setsz {
namespace {

constexpr MassDefinition all[] = {MassDefinition::m200c, MassDefinition::m200m,
                                  MassDefinition::m500c, MassDefinition::vir};

/// Mass within r of an NFW profile of scale radius 1 and density 1, by a sum over thin shells.
double mass_within(double r) {
  constexpr int n = 20000;
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    double const x = r * (i + 0.5) / n;
    sum += 4 * std::numbers::pi * x * x / (x * (1 + x) * (1 + x)) * r / n;
  }
  return sum;
}

TEST(NfwMass, AConvertedHaloHasTheMeanDensityOfItsDefinition) {
  Cosmology const cosmology;
  for (double const z : {0.0, 0.7, 3.0})
    for (auto const from : all)
      for (auto const to : all)
        for (double const c : {1.5, 4.0, 15.0}) {
          auto const halo = converted({100, c}, from, to, cosmology, z);
          // M/M' = m(c)/m(c'), and mean densities within c and c' are as the overdensities.
          double const inner = mass_within(c), outer = mass_within(halo.concentration);
          EXPECT_NEAR(halo.mass / 100, outer / inner, 1e-7);
          EXPECT_NEAR(outer / std::pow(halo.concentration, 3) / (inner / (c * c * c)),
                      overdensity(to, cosmology, z) / overdensity(from, cosmology, z), 1e-6);
        }
}

TEST(NfwMass, BackAndForthIsTheSameHalo) {
  Cosmology const cosmology;
  for (double const z : {0.0, 1.0})
    for (auto const from : all)
      for (auto const to : all) {
        auto const there = converted({3e4, 4.5}, from, to, cosmology, z);
        auto const back = converted(there, to, from, cosmology, z);
        EXPECT_NEAR(back.mass / 3e4, 1, 1e-12);
        EXPECT_NEAR(back.concentration / 4.5, 1, 1e-12);
      }
}

TEST(NfwMass, AgreesWithThePublishedFitOfHuAndKravtsov) {
  // Hu & Kravtsov (2003), equation C11: the inverse of f(x) = x^3 [ln(1 + 1/x) - 1/(1 + x)],
  // x = 1/c, accurate to 0.3% for concentrations of haloes.
  auto const x_of = [](double f) {
    double const a[] = {0.5116, -0.4283, -3.13e-3, -3.52e-5}, ln_f = std::log(f);
    double const p = a[1] + a[2] * ln_f + a[3] * ln_f * ln_f;
    return 1 / std::sqrt(a[0] * std::pow(f, 2 * p) + 9.0 / 16) + 2 * f;
  };
  Cosmology const cosmology;
  for (double const c : {3.0, 5.0, 10.0})
    for (auto const to : all) {
      double const ratio =
          overdensity(to, cosmology, 0.3) / overdensity(MassDefinition::vir, cosmology, 0.3);
      double const f = ratio * nfw_mass_function(c) / (c * c * c);
      auto const halo = converted({1, c}, MassDefinition::vir, to, cosmology, 0.3);
      EXPECT_NEAR(halo.concentration * x_of(f), 1, 4e-3);
    }
}

TEST(NfwMass, GivesWellKnownRatios) {
  // R500c/R200c = 0.6517 and M500c/M200c = 0.692 at c200c = 4 (by bisection, in another program).
  Cosmology const cosmology;
  auto const inner =
      converted({1, 4}, MassDefinition::m200c, MassDefinition::m500c, cosmology, 0.2);
  EXPECT_NEAR(inner.concentration / 4, 0.6517, 1e-4);
  EXPECT_NEAR(inner.mass, 2.5 * std::pow(inner.concentration / 4, 3), 1e-12);
  EXPECT_NEAR(inner.mass, 0.692, 1e-3);
}

TEST(Concentration, HasThePublishedNumbers) {
  Cosmology const cosmology;
  auto const duffy = ConcentrationRelation::duffy2008;
  // At the pivot of 2e12 Msun/h and z = 0 the relation is its first number.
  EXPECT_NEAR(concentration(duffy, MassDefinition::m200c, cosmology, 0, 200), 5.71, 1e-12);
  EXPECT_NEAR(concentration(duffy, MassDefinition::vir, cosmology, 0, 200), 7.85, 1e-12);
  EXPECT_NEAR(concentration(duffy, MassDefinition::m200m, cosmology, 0, 200), 10.14, 1e-12);
  EXPECT_NEAR(concentration(duffy, MassDefinition::m200c, cosmology, 1, 2e4),
              5.71 * std::pow(100, -0.084) * std::pow(2, -0.47), 1e-12);
  auto const dutton = ConcentrationRelation::dutton2014;
  EXPECT_NEAR(concentration(dutton, MassDefinition::m200c, cosmology, 0, 100), std::pow(10, 0.905),
              1e-12);
  EXPECT_NEAR(concentration(dutton, MassDefinition::vir, cosmology, 0, 1000),
              std::pow(10, 1.025 - 0.097), 1e-12);
}

TEST(Concentration, OfM500cIsThatOfTheSameHaloIn200c) {
  Cosmology const cosmology;
  for (auto const relation :
       {ConcentrationRelation::duffy2008, ConcentrationRelation::dutton2014}) {
    double const mass = 2e4;
    double const c = concentration(relation, MassDefinition::m500c, cosmology, 0.5, mass);
    auto const outer =
        converted({mass, c}, MassDefinition::m500c, MassDefinition::m200c, cosmology, 0.5);
    EXPECT_NEAR(concentration(relation, MassDefinition::m200c, cosmology, 0.5, outer.mass) /
                    outer.concentration,
                1, 1e-10);
  }
}

TEST(Concentration, DefinitionsOfDuffyDescribeTheSameHaloes) {
  // Three fits to one simulation (WMAP5): M200m converted to M200c by its own concentration has
  // nearly that which the fit for 200c says.
  Cosmology const wmap5{0.258, 0.742, 0.0441, 0.719};
  auto const duffy = ConcentrationRelation::duffy2008;
  for (double const mass : {1e3, 1e4, 5e4}) {
    double const c = concentration(duffy, MassDefinition::m200m, wmap5, 0, mass);
    auto const inner = converted({mass, c}, MassDefinition::m200m, MassDefinition::m200c, wmap5, 0);
    EXPECT_NEAR(
        concentration(duffy, MassDefinition::m200c, wmap5, 0, inner.mass) / inner.concentration, 1,
        0.05);
  }
}

TEST(DistanceLaw, IsTheIntegralAndItsInverse) {
  Cosmology const cosmology;
  DistanceLaw const law(cosmology, 20);
  for (double const z : {1e-5, 0.0007, 0.01, 0.0301, 0.5, 1.777, 8.0, 19.99}) {
    double const distance = cosmology.comoving_distance(z);
    EXPECT_NEAR(law.distance_at(z) / distance, 1, 1e-9) << z;
    EXPECT_NEAR(law.redshift_at(distance) / z, 1, 1e-9) << z;
  }
}

TEST(ColumnUnit, KnowsTheUnitsOfCatalogues) {
  double const h = 0.7;
  EXPECT_DOUBLE_EQ(*unit_in_code(Dimension::mass, "Msun/h", h), 1e-10);
  EXPECT_DOUBLE_EQ(*unit_in_code(Dimension::mass, "Msun", h), 0.7e-10);
  EXPECT_DOUBLE_EQ(*unit_in_code(Dimension::mass, "1e10 Msun/h", h), 1);
  EXPECT_DOUBLE_EQ(*unit_in_code(Dimension::mass, "1e14 solMass", h), 0.7e4);
  EXPECT_DOUBLE_EQ(*unit_in_code(Dimension::length, "cMpc / h", h), 1000);
  EXPECT_DOUBLE_EQ(*unit_in_code(Dimension::length, "Mpc", h), 700);
  EXPECT_DOUBLE_EQ(*unit_in_code(Dimension::length, "ckpc/h", h), 1);
  EXPECT_DOUBLE_EQ(*unit_in_code(Dimension::angle, "deg", h), std::numbers::pi / 180);
  EXPECT_DOUBLE_EQ(*unit_in_code(Dimension::none, "1", h), 1);
  EXPECT_FALSE(unit_in_code(Dimension::mass, "Mpc", h));
  EXPECT_FALSE(unit_in_code(Dimension::length, "", h));
  EXPECT_FALSE(unit_in_code(Dimension::none, "deg", h));
}

}  // namespace
}  // namespace setsz
