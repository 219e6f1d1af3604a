// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/overdensity.hpp"

#include <cmath>
#include <numbers>

namespace setsz {

double overdensity(MassDefinition definition, Cosmology const& cosmology, double redshift) {
  double const e = cosmology.expansion(redshift);
  double const omega_m_at_z = cosmology.omega_m * std::pow(1 + redshift, 3) / (e * e);
  switch (definition) {
    case MassDefinition::m200c:
      return 200;
    case MassDefinition::m200m:
      return 200 * omega_m_at_z;
    case MassDefinition::m500c:
      return 500;
    case MassDefinition::vir:
      break;
  }
  double const x = omega_m_at_z - 1;
  return 18 * std::numbers::pi * std::numbers::pi + 82 * x - 39 * x * x;
}

double radius_of_mass(MassDefinition definition, Cosmology const& cosmology, double redshift,
                      double mass_1e10msunh) {
  double const density =
      overdensity(definition, cosmology, redshift) * cosmology.critical_density(redshift);
  return (1 + redshift) * std::cbrt(3 * mass_1e10msunh / (4 * std::numbers::pi * density));
}

}  // namespace setsz
