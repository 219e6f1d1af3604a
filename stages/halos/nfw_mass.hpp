// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "io/catalogs/overdensity.hpp"

namespace setsz {

/// Mean concentrations of haloes, by the name of a published relation.
enum class ConcentrationRelation { duffy2008, duffy2008_relaxed, dutton2014 };

/// The mean concentration R/r_s of haloes of a mass [1e10 Msun/h] in a definition. Of M500c it is
/// that of the halo whose M200c the relation goes with.
/// \source duffy2008: Duffy et al. (2008), MNRAS 390, L64, table 1, NFW, z = 0 to 2, full and
///         relaxed samples; for 200c, vir and 200m (their "mean").
///         dutton2014: Dutton & Maccio (2014), MNRAS 441, 3359, equations 8 to 13: 200c and vir
///         (200m as of the halo with their M200c)
double concentration(ConcentrationRelation relation, MassDefinition definition,
                     Cosmology const& cosmology, double redshift, double mass_1e10msunh);

/// A mass and the concentration R/r_s that belongs to it.
struct NfwMass {
  double mass;  ///< any unit
  double concentration;
};

/// The same NFW halo in another definition. \source Hu & Kravtsov (2003), ApJ 584, 702, appendix C
/// (the equation m(c') / c'^3 = (Delta'/Delta) m(c) / c^3, m = ln(1 + c) - c/(1 + c), solved by
/// Newton's method to 1e-13)
NfwMass converted(NfwMass const& halo, MassDefinition from, MassDefinition to,
                  Cosmology const& cosmology, double redshift);

/// m(c) = ln(1 + c) - c/(1 + c), also where c is small.
double nfw_mass_function(double c);

}  // namespace setsz
