// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/hosts.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/range.hpp"

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

/// Haloes by the cells of a periodic box in which they lie.
class HaloCells {
 public:
  HaloCells(std::vector<HaloSphere> const& halos, double box_ckpch)
      : n_(std::clamp<std::int64_t>(std::llround(std::cbrt(real(halos.size()))), 1, 256)),
        edge_(box_ckpch / real(n_)),
        members_(n_ * n_ * n_) {
    for (std::int64_t i = 0; i < std::ssize(halos); ++i) {
      auto const& p = halos[i].position;
      members_[index(along(p.x), along(p.y), along(p.z))].push_back(i);
    }
  }
  /// Calls visit(i) for all haloes in cells that a ball touches, and maybe for some others. A cell
  /// is visited once: the ball is no wider than the box.
  template <class Visit>
  void near(Vec3 const& centre, double radius, Visit&& visit) const {
    auto const range = [&](double x) {
      auto const first = along(x - radius), last = along(x + radius);
      return Range{first, std::min(last + 1, first + n_)};
    };
    auto const xs = range(centre.x), ys = range(centre.y), zs = range(centre.z);
    for (auto x = xs.first; x < xs.last; ++x)
      for (auto y = ys.first; y < ys.last; ++y)
        for (auto z = zs.first; z < zs.last; ++z)
          for (auto const i : members_[index(x, y, z)]) visit(i);
  }

 private:
  std::int64_t along(double x) const { return static_cast<std::int64_t>(std::floor(x / edge_)); }
  std::int64_t wrapped(std::int64_t cell) const { return ((cell % n_) + n_) % n_; }
  std::int64_t index(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return (wrapped(x) * n_ + wrapped(y)) * n_ + wrapped(z);
  }
  std::int64_t n_;
  double edge_;
  std::vector<std::vector<std::int64_t>> members_;
};

void sort_by_mass(std::vector<HaloSphere>& halos) {
  std::sort(halos.begin(), halos.end(), [](HaloSphere const& a, HaloSphere const& b) {
    return a.mass > b.mass || (a.mass == b.mass && a.id < b.id);
  });
}

}  // namespace

std::unordered_set<std::int64_t> inside_heavier(std::vector<HaloSphere> halos, double box_ckpch) {
  sort_by_mass(halos);
  HaloCells const cells(halos, box_ckpch);
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
  HaloCells const cells(halos, box_ckpch);
  PeriodicBox const box(box_ckpch);
  for (std::int64_t i = 0; i < std::ssize(halos); ++i) {
    auto const& halo = halos[i];
    double const limit = share * halo.radius_ckpch;
    std::optional<HaloPair> nearest;
    cells.near(halo.position, limit, [&](std::int64_t k) {
      if (k <= i) return;
      double const distance = norm(box.offset(halo.position, halos[k].position));
      if (distance < (nearest ? nearest->distance_ckpch : limit))
        nearest = {halo.id, halos[k].id, distance};
    });
    if (nearest) return nearest;
  }
  return {};
}

std::vector<HaloLink> not_lighter_than_parents(Comm const& comm, std::vector<HaloLink> mine) {
  // A halo and those that lie in it meet on a rank that follows from its id.
  auto const home = [&](std::int64_t id) {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(id) %
                                    static_cast<std::uint64_t>(comm.size()));
  };
  std::vector<std::vector<HaloLink>> parents(comm.size()), children(comm.size());
  for (auto const& halo : mine) {
    parents[home(halo.id)].push_back(halo);
    if (halo.parent != -1) children[home(halo.parent)].push_back(halo);
  }
  std::vector<HaloLink>().swap(mine);
  std::unordered_map<std::int64_t, double> mass_of;
  for (auto const& halo : comm.exchange(parents)) mass_of.emplace(halo.id, halo.mass);
  auto links = comm.exchange(children);
  std::erase_if(links, [&](HaloLink const& halo) {
    auto const parent = mass_of.find(halo.parent);
    return parent != mass_of.end() && halo.mass < parent->second;
  });
  return links;
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
