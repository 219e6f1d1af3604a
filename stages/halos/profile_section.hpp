// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/gnfw.hpp"
#include "pipeline/base/option_list.hpp"
#include "pipeline/run/stage.hpp"

namespace setsz {

/// [profile.NAME]: a GNFW profile by numbers, for `profile = NAME` of maps.
///
/// P(r)/P_D = P0 y^gamma (1 + y^alpha)^-beta, y = (r/R_D + core)/xc, with D = 200c or 500c and
/// P_D = (D/2) G M_D rho_crit(z) f_b / R_D; P0, xc and beta are A (M200c / 1e14 Msun)^a (1 + z)^s.
/// \source form: Battaglia et al. (2012), ApJ 758, 75, equations 10 and 11
struct ProfileSection {
  static constexpr std::string_view section = "profile";
  static constexpr std::string_view help =
      "a pressure profile P0 y^gamma (1 + y^alpha)^-beta, y = r/R/xc, by numbers, for "
      "profile = NAME of maps";
  enum class Gas { thermal, electron };
  enum class Overdensity { c200, c500 };

  std::vector<double> p0 = {18.1, 0.154, -0.758};
  std::vector<double> xc = {0.497, -0.00865, 0.731};
  std::vector<double> beta = {4.35, 0.0393, 0.415};
  double alpha = 1, gamma = -0.3, core = published_gnfw_core;
  Overdensity overdensity = Overdensity::c200;
  Gas pressure = Gas::thermal;

  void declare(OptionList& options);
  void validate() const;
  /// The electron pressure in units of R200c and P200.
  GnfwShape shape(Cosmology const& cosmology, double redshift, double m200c_1e10msunh) const;
};

/// [profile.NAME] where a map's `profile` is such a NAME; its numbers are noted in the map's
/// record.
std::optional<ProfileSection> take_profile_numbers(StageRecord& record,
                                                   Configuration const& configuration,
                                                   std::string const& profile);

}  // namespace setsz
