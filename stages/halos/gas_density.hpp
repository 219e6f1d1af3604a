// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/gnfw.hpp"
#include "stages/halos/field.hpp"

// The free electrons of haloes whose gas has a published density profile.
namespace setsz {

/// A published density of the gas of haloes, as a function of r/R200c.
struct PublishedDensity {
  std::string_view name;
  std::string_view source;
  /// rho / (f_b rho_crit(z)). \param m200c_1e10msunh [1e10 Msun/h]
  GnfwShape (*shape)(double m200c_1e10msunh, double h, double redshift);
};

/// One row each.
std::span<PublishedDensity const> density_table();
/// Nothing if there is none of this name.
PublishedDensity const* published_density(std::string_view name);
/// "battaglia2016, battaglia2016_shock": for messages and help.
std::string published_density_names();

/// The fields that follow the density: where the profile of the gas is rho / rho_crit(z).
///
/// tau: optical depth of Thomson scattering, sigma_T times the column of electrons, two for each
/// helium nucleus. ksz: -tau v/c T_CMB [uK_CMB], v the peculiar velocity along the line of sight,
/// away > 0. A halo's `position` is as seen from the observer.
/// \source Sunyaev & Zel'dovich (1980), MNRAS 190, 413
Field const& optical_depth_field();
Field const& kinetic_sz_field();

}  // namespace setsz
