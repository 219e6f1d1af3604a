// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace setsz {

/// What predicted pressure is multiplied by, as a function of mass, so that the predictions add up
/// to the Y of the gas.
///
/// A network that minimises squared errors predicts a mean over what it cannot know, and in the
/// loss relative to the benchmark faint clusters count as much as bright ones: Y comes out too
/// small by 5 to 20%, most for the most massive. The factor is fitted in bins of mass
/// (stages/train), and is linear in ln M between the bins and constant beyond their first and last.
struct FluxCorrection {
  struct Bin {
    double ln_mass = 0;                  ///< mean ln of M200c [1e10 Msun/h]
    double factor = 1;                   ///< at this mass
    double mass_low = 0, mass_high = 0;  ///< of its clusters [1e10 Msun/h]
    std::int64_t n = 0;                  ///< clusters in it
    bool operator==(Bin const&) const = default;
  };
  std::vector<Bin> bins;  ///< ascending in mass; none: no correction

  double at(double m200c_1e10msunh) const;
  bool operator==(FluxCorrection const&) const = default;
};

/// {"ln_mass": [...], "factor": [...], "mass_low": [...], "mass_high": [...], "n": [...]}
void to_json(nlohmann::json& json, FluxCorrection const& correction);
/// Throws Error(bad_data) unless masses ascend and factors are positive.
void from_json(nlohmann::json const& json, FluxCorrection& correction);

}  // namespace setsz
