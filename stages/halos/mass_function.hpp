// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stages/halos/linear_power.hpp"

namespace setsz {

/// Haloes of mass M200m (200 times the mean density).
struct HaloAbundance {
  double per_ln_mass;  ///< dn/d ln M, comoving [(Mpc/h)^-3]
  double bias;         ///< of their large-scale clustering
};

/// \source abundance: Tinker et al. (2008), ApJ 688, 709, equations 2 to 8, table 2 for Delta =
/// 200;
///         bias: Tinker et al. (2010), ApJ 724, 878, equation 6 and table 2
HaloAbundance tinker(Cosmology const& cosmology, LinearPower const& power, double redshift,
                     double m200m_1e10msunh);

}  // namespace setsz
