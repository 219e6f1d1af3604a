// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "io/halo_catalog.hpp"

namespace setsz {

/// Haloes whose part in the list is not that of their mass.
struct HostChanges {
  std::unordered_set<std::int64_t> promoted;  ///< listed as subhaloes, and hosts
  std::unordered_set<std::int64_t> demoted;   ///< listed as hosts, and not
};

/// A halo that is heavier than all haloes in which it lies is a host, and those are not: finders
/// compare radii, so a cluster can become the subhalo of a lighter one.
/// \param links  all haloes that lie in another one, and all their parents
/// \pre parents are among the links
HostChanges hosts_by_mass(std::vector<HaloLink> const& links);

/// Ids of parents that are not among the links, sorted.
std::vector<std::int64_t> missing_parents(std::vector<HaloLink> const& links);

}  // namespace setsz
