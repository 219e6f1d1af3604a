// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>

#include "model/gnfw.hpp"

namespace setsz {

/// The fit of one snapshot.
struct ProfileAt {
  GnfwParameters parameters;
  double redshift = 0;
};

/// One profile for the fits of several redshifts, from which a network starts that learns from all
/// of them: ln P0, ln xc and ln beta at 1e14 Msun are linear in ln(1+z), by least squares, so that
/// two redshifts are met exactly; mass exponents and core are the means. One fit stays as it is.
/// \pre not empty
GnfwParameters joint_profile(std::span<ProfileAt const> fits);

}  // namespace setsz
