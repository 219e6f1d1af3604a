// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"
#include "stages/catalog/hosts_work.hpp"

namespace setsz {
namespace {

/// Haloes in chains of up to a few parents; some are as heavy as their parent. Parents of some,
/// with ids above n, are not in the list.
std::vector<HaloLink> forest(std::int64_t n, bool complete) {
  std::vector<HaloLink> halos;
  for (std::int64_t id = 0; id < n; ++id) {
    Random random(3, Purpose::test, static_cast<std::uint64_t>(id));
    HaloLink halo{.id = id, .parent = -1, .mass = std::floor(8 * random.uniform())};
    if (id > 0 && random.uniform() < 0.7)
      halo.parent = static_cast<std::int64_t>(static_cast<double>(id) * random.uniform());
    if (!complete && random.uniform() < 0.1) halo.parent = n + id;
    halos.push_back(halo);
  }
  return halos;
}

std::vector<HaloLink> share(std::vector<HaloLink> const& all, Comm const& comm) {
  std::vector<HaloLink> mine;
  for (std::int64_t i = 0; i < std::ssize(all); ++i)
    if (i * 7 % 11 % comm.size() == comm.rank()) mine.push_back(all[i]);
  return mine;
}

TEST(HostsOnRanks, AreThoseOfTheWholeListFromAFewOfItsHaloes) {
  auto const comm = Comm::world();
  auto const all = forest(3000, true);
  auto links = comm.all_gather_v(not_lighter_than_parents(comm, share(all, comm)));
  EXPECT_LT(links.size(), all.size() / 2);
  for (auto missing = missing_parents(links); !missing.empty(); missing = missing_parents(links))
    for (auto const id : missing) links.push_back(all[id]);
  std::vector<HaloLink> subhaloes;
  std::ranges::copy_if(all, std::back_inserter(subhaloes),
                       [](HaloLink const& halo) { return halo.parent != -1; });
  for (auto const id : missing_parents(subhaloes)) subhaloes.push_back(all[id]);
  auto const found = hosts_by_mass(links), expected = hosts_by_mass(subhaloes);
  EXPECT_GT(expected.promoted.size(), 50U);
  EXPECT_EQ(found.promoted, expected.promoted);
  EXPECT_EQ(found.demoted, expected.demoted);
}

TEST(HostsOnRanks, KeepEachSubhaloThatIsNotLighterOrWhoseParentIsUnknown) {
  auto const comm = Comm::world();
  auto const all = forest(1000, false);
  std::vector<std::int64_t> expected;
  for (auto const& halo : all)
    if (halo.parent != -1 && (halo.parent >= std::ssize(all) || halo.mass >= all[halo.parent].mass))
      expected.push_back(halo.id);
  std::vector<std::int64_t> found;
  for (auto const& halo : comm.all_gather_v(not_lighter_than_parents(comm, share(all, comm))))
    found.push_back(halo.id);
  std::ranges::sort(found);
  EXPECT_EQ(found, expected);
}

constexpr double box_ckpch = 1000;

/// Many small haloes and a few whose balls reach across much of the box; some masses are equal.
std::vector<HaloSphere> spheres(std::int64_t n) {
  std::vector<HaloSphere> halos;
  for (std::int64_t id = 0; id < n; ++id) {
    Random random(5, Purpose::test, static_cast<std::uint64_t>(id));
    double const mass = std::floor(std::pow(1e3, random.uniform()));
    Vec3 const position{random.uniform(), random.uniform(), random.uniform()};
    halos.push_back({id, box_ckpch * position, mass, id % 100 == 0 ? 450 : 12 * std::cbrt(mass)});
  }
  return halos;
}

std::vector<HaloSphere> share(std::vector<HaloSphere> const& all, Comm const& comm) {
  std::vector<HaloSphere> mine;
  for (std::int64_t i = 0; i < std::ssize(all); ++i)
    if (i * 7 % 11 % comm.size() == comm.rank()) mine.push_back(all[i]);
  return mine;
}

bool comes_first(HaloSphere const& a, HaloSphere const& b) {
  return a.mass > b.mass || (a.mass == b.mass && a.id < b.id);
}

TEST(HostsOnRanks, EachRankLearnsWhichOfItsHaloesLieInsideHeavierOnesOfAnyRank) {
  auto const comm = Comm::world();
  PeriodicBox const box(box_ckpch);
  for (std::int64_t const n : {600, 1, 0}) {
    auto const all = spheres(n);
    std::set<std::int64_t> expected;
    for (auto const& halo : share(all, comm))
      for (auto const& other : all)
        if (comes_first(other, halo) &&
            norm(box.offset(other.position, halo.position)) < other.radius_ckpch)
          expected.insert(halo.id);
    auto const found = inside_heavier(comm, share(all, comm), box_ckpch);
    EXPECT_EQ(std::set(found.begin(), found.end()), expected);
    if (n > 1) {
      EXPECT_GT(expected.size(), 50U);
      EXPECT_LT(expected.size(), share(all, comm).size());
    }
  }
}

TEST(HostsOnRanks, AllLearnOfTheHeaviestHaloThatIsListedTwice) {
  auto const comm = Comm::world();
  PeriodicBox const box(box_ckpch);
  auto const all = spheres(600);
  for (double const reach : {0.5, 0.2}) {
    HaloSphere const* heavier = nullptr;
    HaloPair expected{.distance_ckpch = box_ckpch};
    for (auto const& one : all)
      for (auto const& other : all) {
        double const distance = norm(box.offset(one.position, other.position));
        if (!comes_first(one, other) || distance >= reach * one.radius_ckpch) continue;
        if (heavier && heavier != &one && comes_first(*heavier, one)) continue;
        if (heavier == &one && distance >= expected.distance_ckpch) continue;
        heavier = &one;
        expected = {one.id, other.id, distance, one.mass};
      }
    ASSERT_TRUE(heavier);
    auto const found = nearly_equal(comm, share(all, comm), box_ckpch, reach);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->id, expected.id);
    EXPECT_EQ(found->other, expected.other);
    EXPECT_EQ(found->distance_ckpch, expected.distance_ckpch);
  }
  EXPECT_FALSE(nearly_equal(comm, share(all, comm), box_ckpch, 1e-6).has_value());
}

}  // namespace
}  // namespace setsz
