// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/nfw_mass.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

/// c = A (M / 2e12 Msun/h)^B (1 + z)^C
struct PowerLaw {
  double a, b, c;
  double operator()(double mass, double redshift) const {
    return a * std::pow(mass / 200, b) * std::pow(1 + redshift, c);
  }
};
struct DuffyTable {
  PowerLaw of_200c, of_vir, of_200m;
};
constexpr DuffyTable duffy_full{
    {5.71, -0.084, -0.47}, {7.85, -0.081, -0.71}, {10.14, -0.081, -1.01}};
constexpr DuffyTable duffy_relaxed{
    {6.71, -0.091, -0.44}, {9.23, -0.090, -0.69}, {11.93, -0.090, -0.99}};

/// log10 c = a + b log10(M / 1e12 Msun/h)
double dutton(double a, double b, double mass) {
  return std::pow(10, a + b * std::log10(mass / 100));
}

double dutton_200c(double mass, double z) {
  return dutton(0.520 + (0.905 - 0.520) * std::exp(-0.617 * std::pow(z, 1.21)), -0.101 + 0.026 * z,
                mass);
}
double dutton_vir(double mass, double z) {
  return dutton(0.537 + (1.025 - 0.537) * std::exp(-0.718 * std::pow(z, 1.08)), -0.097 + 0.024 * z,
                mass);
}

/// Is the relation given in this definition?
bool is_native(ConcentrationRelation relation, MassDefinition definition) {
  if (definition == MassDefinition::m500c) return false;
  return relation != ConcentrationRelation::dutton2014 || definition != MassDefinition::m200m;
}

double native(ConcentrationRelation relation, MassDefinition definition, double redshift,
              double mass) {
  if (relation == ConcentrationRelation::dutton2014)
    return definition == MassDefinition::vir ? dutton_vir(mass, redshift)
                                             : dutton_200c(mass, redshift);
  auto const& table = relation == ConcentrationRelation::duffy2008 ? duffy_full : duffy_relaxed;
  return (definition == MassDefinition::m200c ? table.of_200c
          : definition == MassDefinition::vir ? table.of_vir
                                              : table.of_200m)(mass, redshift);
}

}  // namespace

double nfw_mass_function(double c) {
  if (c < 1e-3) return c * c * (0.5 - c * (2.0 / 3 - 0.75 * c));
  return std::log1p(c) - c / (1 + c);
}

double concentration(ConcentrationRelation relation, MassDefinition definition,
                     Cosmology const& cosmology, double redshift, double mass) {
  if (is_native(relation, definition)) return native(relation, definition, redshift, mass);
  // The concentration whose halo has this mass: c depends on M weakly, so this converges fast.
  double c = 5;
  for (int i = 0; i < 100; ++i) {
    auto const outer = converted({mass, c}, definition, MassDefinition::m200c, cosmology, redshift);
    double const wanted = native(relation, MassDefinition::m200c, redshift, outer.mass);
    double const next =
        converted({outer.mass, wanted}, MassDefinition::m200c, definition, cosmology, redshift)
            .concentration;
    bool const done = std::abs(next - c) < 1e-13 * c;
    c = next;
    if (done) break;
  }
  return c;
}

NfwMass converted(NfwMass const& halo, MassDefinition from, MassDefinition to,
                  Cosmology const& cosmology, double redshift) {
  if (from == to) return halo;
  double const c = halo.concentration;
  double const ratio =
      overdensity(to, cosmology, redshift) / overdensity(from, cosmology, redshift);
  double const inner = nfw_mass_function(c), wanted = ratio * inner / (c * c * c);
  // In ln c the function ln(m/c^3) falls with a slope between -1 and -3.
  double next = c * std::pow(ratio, -0.4);
  for (int i = 0; i < 60; ++i) {
    double const m = nfw_mass_function(next);
    double const miss = std::log(m / (next * next * next) / wanted);
    double const slope = next * next / ((1 + next) * (1 + next)) / m - 3;
    double const step = -miss / slope;
    next *= std::exp(step);
    if (std::abs(step) < 1e-14) break;
  }
  return {halo.mass * nfw_mass_function(next) / inner, next};
}

}  // namespace setsz
