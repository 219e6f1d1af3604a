// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/catalogs/halo.hpp"
#include "pipeline/base/cosmology.hpp"

namespace setsz {

/// Mean density inside a halo's radius over rho_crit(z), by its mass definition.
/// \source "vir": Bryan & Norman (1998), ApJ 495, 80, equation 6 (flat universe)
double overdensity(MassDefinition definition, Cosmology const& cosmology, double redshift);

/// The comoving radius [ckpc/h] of a mass [1e10 Msun/h] in a definition.
double radius_of_mass(MassDefinition definition, Cosmology const& cosmology, double redshift,
                      double mass_1e10msunh);

}  // namespace setsz
