// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace setsz {

/// How much of a correction a radius takes: x^3/(1 + x^3), x = r/R200.
inline double flux_share(double r_over_r200) {
  double const x3 = r_over_r200 * r_over_r200 * r_over_r200;
  return x3 / (1 + x3);
}

/// Predicted pressure is multiplied by 1 + f(M) x^3/(1 + x^3), x = r/R200, so that the predictions
/// add up to the Y of the gas.
///
/// Squared errors are those of the core: far outside, where the pressure is a hundredth of that, a
/// network may miss a third of it at no cost. But half of Y lies beyond 0.8 R200, and Y comes out
/// too small by 5 to 20%, most for the most massive. The correction acts where the flux is missing,
/// and leaves the core and with it the loss nearly as they are. Its strength f is fitted in bins of
/// mass (stages/train), is linear in ln M between the bins, and constant beyond the first and last.
struct FluxCorrection {
  struct Bin {
    double ln_mass = 0;                  ///< mean ln of M200c [1e10 Msun/h]
    double strength = 0;                 ///< f at this mass
    double mass_low = 0, mass_high = 0;  ///< of its clusters [1e10 Msun/h]
    std::int64_t n = 0;                  ///< clusters in it
    bool operator==(Bin const&) const = default;
  };
  std::vector<Bin> bins;  ///< ascending in mass; none: no correction

  /// f at a mass; 0 without bins.
  double strength(double m200c_1e10msunh) const;
  bool operator==(FluxCorrection const&) const = default;
};

/// {"ln_mass": [...], "strength": [...], "mass_low": [...], "mass_high": [...], "n": [...]}
void to_json(nlohmann::json& json, FluxCorrection const& correction);
/// Throws Error(bad_data) unless masses ascend and strengths are above -1.
void from_json(nlohmann::json const& json, FluxCorrection& correction);

}  // namespace setsz
