// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/hosts.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "stages/catalog/periodic_cells.hpp"

namespace setsz {

namespace {

using ById = std::unordered_map<std::int64_t, HaloLink const*>;

ById by_id(std::vector<HaloLink> const& links) {
  ById found;
  for (auto const& link : links) found.emplace(link.id, &link);
  return found;
}

/// The haloes in which one lies, the nearest first.
std::vector<HaloLink const*> ancestors_of(HaloLink const& halo, ById const& all) {
  std::vector<HaloLink const*> ancestors;
  for (auto parent = halo.parent; parent != -1; parent = ancestors.back()->parent) {
    require(ancestors.size() < all.size(), ExitCode::bad_data, "halo ", halo.id,
            " lies in itself: its parents (PID) lead back to it; the list is damaged");
    ancestors.push_back(all.at(parent));
  }
  return ancestors;
}

void sort_by_mass(std::vector<HaloSphere>& halos) {
  std::sort(halos.begin(), halos.end(), [](HaloSphere const& a, HaloSphere const& b) {
    return a.mass > b.mass || (a.mass == b.mass && a.id < b.id);
  });
}

}  // namespace

std::unordered_set<std::int64_t> inside_heavier(std::vector<HaloSphere> halos, double box_ckpch) {
  sort_by_mass(halos);
  CellMembers const cells(halos, box_ckpch);
  PeriodicBox const box(box_ckpch);
  std::unordered_set<std::int64_t> inside;
  for (std::int64_t i = 0; i < std::ssize(halos); ++i) {
    auto const& heavier = halos[i];
    cells.near(heavier.position, heavier.radius_ckpch, [&](std::int64_t k) {
      double const limit = heavier.radius_ckpch * heavier.radius_ckpch;
      if (k > i && norm2(box.offset(heavier.position, halos[k].position)) < limit)
        inside.insert(halos[k].id);
    });
  }
  return inside;
}

std::optional<HaloPair> nearly_equal(std::vector<HaloSphere> halos, double box_ckpch,
                                     double share) {
  sort_by_mass(halos);
  CellMembers const cells(halos, box_ckpch);
  PeriodicBox const box(box_ckpch);
  for (std::int64_t i = 0; i < std::ssize(halos); ++i) {
    auto const& halo = halos[i];
    double const limit = share * halo.radius_ckpch;
    std::optional<HaloPair> nearest;
    cells.near(halo.position, limit, [&](std::int64_t k) {
      if (k <= i) return;
      double const distance = norm(box.offset(halo.position, halos[k].position));
      if (distance < (nearest ? nearest->distance_ckpch : limit))
        nearest = {halo.id, halos[k].id, distance, halo.mass};
    });
    if (nearest) return nearest;
  }
  return {};
}

HostChanges hosts_by_mass(std::vector<HaloLink> const& links) {
  auto const all = by_id(links);
  HostChanges changes;
  for (auto const& halo : links) {
    auto const ancestors = ancestors_of(halo, all);
    bool const heaviest = std::all_of(ancestors.begin(), ancestors.end(),
                                      [&](auto const* other) { return halo.mass > other->mass; });
    if (ancestors.empty() || !heaviest) continue;
    changes.promoted.insert(halo.id);
    if (ancestors.back()->parent == -1) changes.demoted.insert(ancestors.back()->id);
  }
  // One that lies in a promoted halo is its subhalo, even if it is heavier than its first parent.
  for (auto const& halo : links)
    for (auto const* ancestor : ancestors_of(halo, all))
      if (changes.promoted.contains(halo.id) && changes.promoted.contains(ancestor->id))
        changes.promoted.erase(ancestor->id);
  return changes;
}

std::vector<std::int64_t> missing_parents(std::vector<HaloLink> const& links) {
  auto const all = by_id(links);
  std::vector<std::int64_t> missing;
  for (auto const& link : links)
    if (link.parent != -1 && !all.contains(link.parent)) missing.push_back(link.parent);
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return missing;
}

}  // namespace setsz
