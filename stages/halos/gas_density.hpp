// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/gnfw.hpp"

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

}  // namespace setsz
