// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace setsz {

/// What a column of a table measures.
enum class Dimension { none, angle, length, mass, velocity, angular_momentum };

/// A unit in the code's own: angles [rad], comoving lengths [ckpc/h], masses [1e10 Msun/h],
/// velocities [km/s], angular momenta [1e10 Msun/h kpc/h km/s].
///
/// Knows deg, arcmin, arcsec, rad; Mpc, kpc, with or without /h and c (comoving); Msun, with or
/// without /h; km/s; products of a mass, a length and a velocity; a number before it, "1e10
/// Msun/h". Nothing where it is none of these.
/// \param h  NaN: not known; so is the result then for units that need it
std::optional<double> unit_in_code(Dimension dimension, std::string_view unit, double h);

/// "Msun, Msun/h, 1e10 Msun/h": for messages.
std::string_view units_of(Dimension dimension);

}  // namespace setsz
