// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/gnfw.hpp"

namespace setsz {

/// A published electron pressure profile, in units of R200c and P200.
struct PublishedProfile {
  std::string_view name;
  std::string_view source;
  /// \param m200c_1e10msunh [1e10 Msun/h]
  GnfwShape (*shape)(Cosmology const& cosmology, double redshift, double m200c_1e10msunh);
};

/// One row each.
std::span<PublishedProfile const> profile_table();
/// Nothing if there is none of this name.
PublishedProfile const* published_profile(std::string_view name);
/// "battaglia2012, arnaud2010": for messages and help.
std::string published_profile_names();

}  // namespace setsz
