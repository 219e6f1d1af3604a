// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace setsz {

/// What a ratio of found to expected looks like: " (the ratio is h: ...)". Empty: nothing known.
/// \param baryon_fraction  Omega_b/Omega_m; 0: not looked at
/// \param tolerance  relative
std::string ratio_hint(double ratio, double h, double baryon_fraction = 0, double tolerance = 0.02);

}  // namespace setsz
