// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace setsz {

/// How steeply the gas of clusters falls beyond 2 R200, in the mean over a sphere, without what
/// lies nearer (in units of R200) to another cluster: p(r) as r^-n, n = index + mass_slope ln(M /
/// 5e13 Msun/h). The defaults stand in where no gas can tell. \source defaults: clusters of 1e13 to
/// 5e14 Msun/h in a box of 75 Mpc/h, z = 0
struct SkirtSlope {
  static constexpr double pivot = 5e3;  ///< [1e10 Msun/h]
  double index = 4.5, mass_slope = 0.4;

  /// n of a mass [1e10 Msun/h]; kept between 2 and 10 beyond the masses of the fit.
  double at(double mass) const;
};
void to_json(nlohmann::json& json, SkirtSlope const& slope);
void from_json(nlohmann::json const& json, SkirtSlope& slope);

}  // namespace setsz
