// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "pipeline/base/random.hpp"
#include "stages/catalog/hosts.hpp"

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

}  // namespace
}  // namespace setsz
