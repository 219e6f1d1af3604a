// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
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
/// \param links  haloes that lie in another one, at least those that are not lighter than their
///               parent: others stay what they are
/// \pre parents, and theirs, are among the links
HostChanges hosts_by_mass(std::vector<HaloLink> const& links);

/// What tells whether a halo lies in another one.
struct HaloSphere {
  std::int64_t id = 0;
  Vec3 position;            ///< [ckpc/h], in the box
  double mass = 0;          ///< [1e10 Msun/h]
  double radius_ckpch = 0;  ///< below half the box
};

/// Ids of the haloes whose centre lies within the radius of a heavier one (of the same mass: with a
/// smaller id). Periodic.
std::unordered_set<std::int64_t> inside_heavier(std::vector<HaloSphere> halos, double box_ckpch);

/// Two haloes that are one: nearer to each other than `share` of the radius of the heavier one.
struct HaloPair {
  std::int64_t id = 0, other = 0;  ///< the heavier one first
  double distance_ckpch = 0;
  double mass = 0;  ///< of the heavier one [1e10 Msun/h]
};
/// The first such pair, that of the heaviest halo. Periodic.
std::optional<HaloPair> nearly_equal(std::vector<HaloSphere> halos, double box_ckpch, double share);

/// Ids of parents that are not among the links, sorted.
std::vector<std::int64_t> missing_parents(std::vector<HaloLink> const& links);

}  // namespace setsz
