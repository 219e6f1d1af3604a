// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/hosts_work.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// Haloes on the ranks where they meet.
struct Meeting {
  std::vector<HaloSphere> halos;   ///< those of rank 0, then of rank 1, ...
  std::vector<std::int64_t> n_of;  ///< how many by rank
};

/// Collective. \param share  of the radii, that of the balls
Meeting meet(Comm const& comm, std::vector<HaloSphere> mine, double box_ckpch, double share) {
  MeetingPlaces places(comm.size(), box_ckpch);
  std::vector<std::vector<HaloSphere>> outgoing(comm.size());
  for (auto const& halo : mine)
    for (auto const rank : places.of(halo, share)) outgoing[rank].push_back(halo);
  std::vector<HaloSphere>().swap(mine);
  std::vector<std::int64_t> counts;
  counts.reserve(outgoing.size());
  for (auto const& halos : outgoing) counts.push_back(std::ssize(halos));
  Meeting meeting;
  meeting.n_of = comm.exchange_counts(counts);
  meeting.halos = comm.exchange(outgoing);
  return meeting;
}

constexpr double cells_per_rank = 64;

}  // namespace

MeetingPlaces::MeetingPlaces(int n_ranks, double box_ckpch)
    : n_ranks_(static_cast<std::uint64_t>(n_ranks)),
      cells_(std::llround(std::cbrt(cells_per_rank * real(n_ranks))), box_ckpch) {}

std::size_t MeetingPlaces::owner(std::int64_t cell) const {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
  return ((static_cast<std::uint64_t>(cell) * golden) >> 32U) % n_ranks_;
}

std::vector<std::size_t> const& MeetingPlaces::of(HaloSphere const& halo, double share) {
  owners_.assign(1, owner(cells_.at(halo.position)));
  cells_.near(halo.position, share * halo.radius_ckpch, [&](std::int64_t cell) {
    if (std::ranges::find(owners_, owner(cell)) == owners_.end()) owners_.push_back(owner(cell));
  });
  return owners_;
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

std::unordered_set<std::int64_t> inside_heavier(Comm const& comm, std::vector<HaloSphere> mine,
                                                double box_ckpch) {
  auto meeting = meet(comm, std::move(mine), box_ckpch, 1);
  std::vector<std::int64_t> ids;
  for (auto const& halo : meeting.halos) ids.push_back(halo.id);
  std::unordered_set<std::int64_t> inside;
  collectively(comm, "catalog: hosts",
               [&] { inside = inside_heavier(std::move(meeting.halos), box_ckpch); });
  std::vector<std::vector<std::int64_t>> answers;
  auto next = ids.begin();
  for (auto const n : meeting.n_of) {
    auto& answer = answers.emplace_back();
    for (auto const end = next + n; next != end; ++next)
      if (inside.contains(*next)) answer.push_back(*next);
  }
  ids = comm.exchange(answers);
  return {ids.begin(), ids.end()};
}

std::optional<HaloPair> nearly_equal(Comm const& comm, std::vector<HaloSphere> mine,
                                     double box_ckpch, double share) {
  auto meeting = meet(comm, std::move(mine), box_ckpch, share);
  std::vector<HaloPair> pairs;
  collectively(comm, "catalog: hosts", [&] {
    if (auto const pair = nearly_equal(std::move(meeting.halos), box_ckpch, share))
      pairs.push_back(*pair);
  });
  pairs = comm.all_gather_v(pairs);
  if (pairs.empty()) return {};
  return *std::ranges::min_element(pairs, {}, [](HaloPair const& pair) {
    return std::tuple(-pair.mass, pair.id, pair.distance_ckpch, pair.other);
  });
}

}  // namespace setsz
