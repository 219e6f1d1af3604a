// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/profile_table.hpp"

#include <array>

#include "pipeline/base/name_list.hpp"

namespace setsz {
namespace {

template <Battaglia2012 calibration>
GnfwShape battaglia(Cosmology const& cosmology, double redshift, double mass) {
  return battaglia2012(calibration, mass, cosmology.h, redshift,
                       duffy_concentration(mass, redshift));
}

constexpr std::array<PublishedProfile, 4> table = {{
    {"battaglia2012", "Battaglia et al. (2012), ApJ 758, 75, table 1: AGN feedback, 200c",
     battaglia<Battaglia2012::agn_200>},
    {"battaglia2012_shock", "the same: shock heating, 200c", battaglia<Battaglia2012::shock_200>},
    {"battaglia2012_500", "the same: AGN feedback, 500c", battaglia<Battaglia2012::agn_500>},
    {"arnaud2010", "Arnaud et al. (2010), A&A 517, A92, equations 11 to 13, no mass bias",
     [](Cosmology const& cosmology, double redshift, double mass) {
       return arnaud2010(cosmology, redshift, mass, duffy_concentration(mass, redshift));
     }},
}};

}  // namespace

std::span<PublishedProfile const> profile_table() { return table; }

PublishedProfile const* published_profile(std::string_view name) {
  for (auto const& profile : table)
    if (profile.name == name) return &profile;
  return nullptr;
}

std::string published_profile_names() { return name_list(table, &PublishedProfile::name); }

}  // namespace setsz
