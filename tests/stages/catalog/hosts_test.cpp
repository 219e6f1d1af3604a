// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/hosts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"
#include "stages/catalog/catalog_checks.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using Ids = std::unordered_set<std::int64_t>;

TEST(Hosts, AHeavierHaloTakesThePlaceOfItsHost) {
  auto const changes = hosts_by_mass({{1, -1, 6.5}, {2, 1, 14.8}, {3, 1, 2}});
  EXPECT_EQ(changes.promoted, Ids{2});
  EXPECT_EQ(changes.demoted, Ids{1});
}

TEST(Hosts, TheListIsKeptWhereHostsAreHeavierOrEqual) {
  auto const changes = hosts_by_mass({{1, -1, 6}, {2, 1, 6}, {3, 2, 5}});
  EXPECT_TRUE(changes.promoted.empty());
  EXPECT_TRUE(changes.demoted.empty());
}

TEST(Hosts, InAChainTheHeaviestOfAllIsTheHost) {
  auto const rising = hosts_by_mass({{1, -1, 1}, {2, 1, 5}, {3, 2, 7}});
  EXPECT_EQ(rising.promoted, Ids{3});
  EXPECT_EQ(rising.demoted, Ids{1});
  // Heavier than its parent, but not than the parent's host.
  auto const middle = hosts_by_mass({{1, -1, 9}, {2, 1, 5}, {3, 2, 7}});
  EXPECT_TRUE(middle.promoted.empty());
  auto const siblings = hosts_by_mass({{1, -1, 1}, {2, 1, 5}, {3, 1, 7}});
  EXPECT_EQ(siblings.promoted, (Ids{2, 3}));
}

TEST(Hosts, AHaloThatLiesInItselfIsRefused) {
  auto const text = test::error_of([] { hosts_by_mass({{1, 2, 1}, {2, 1, 5}}); });
  EXPECT_TRUE(test::contains(text, "65 halo 1 lies in itself"));
}

TEST(Hosts, ParentsThatAreNotThereAreListedOnce) {
  EXPECT_EQ(missing_parents({{1, 9, 1}, {2, 9, 1}, {3, 1, 1}, {4, 5, 1}, {6, -1, 1}}),
            (std::vector<std::int64_t>{5, 9}));
}

CatalogFigures good() {
  CatalogFigures figures;
  figures.radius_ratio = {0.999, 1.001, 0.7};  // one odd halo
  figures.speed_kms = {23, 300, 500};
  figures.dispersion_kms = {400, 500, 600};
  figures.n_halos = 100;
  figures.largest_coordinate_ckpch = 39000;
  return figures;
}

std::string refusal(CatalogFigures const& figures) {
  return test::error_of([&] { require_consistent(figures, "out_0.list", 40000, 0.6774); });
}

TEST(CatalogChecks, AcceptWhatIsConsistent) {
  EXPECT_EQ(refusal(good()), "no error");
  auto bound = good();  // radii that belong to the mass of all particles
  bound.radius_ratio = {1.03, 1.05, 1.04};
  bound.radius_ratio_all = {1.0, 1.001, 0.999};
  EXPECT_EQ(refusal(bound), "no error");
}

TEST(CatalogChecks, NameTheUnitThatRadiiContradict) {
  auto figures = good();
  for (auto& ratio : figures.radius_ratio) ratio *= std::cbrt(0.6774);  // masses in Msun
  auto const text = refusal(figures);
  EXPECT_TRUE(test::contains(text, "65 the radii in 'out_0.list'"));
  EXPECT_TRUE(test::contains(text, "1/h: a unit without h"));
}

TEST(CatalogChecks, GuessTheUnitOfMassesThatAreTooSmall) {
  EXPECT_EQ(mass_unit_hint(1e3, 1.0), "");
  EXPECT_EQ(mass_unit_hint(1e3, -1), "");   // no radius
  EXPECT_EQ(mass_unit_hint(1e3, 1.3), "");  // of another definition
  EXPECT_TRUE(test::contains(mass_unit_hint(2e-6, std::cbrt(1e10)),
                             "Its radius is that of 2e+14 Msun/h, 1e+10 times this mass"));
  EXPECT_TRUE(test::contains(mass_unit_hint(2e-6, -1), "masses in 1e10 Msun/h?"));
  EXPECT_TRUE(test::contains(mass_unit_hint(14.3e-10, -1), "log10 of masses?"));
}

TEST(CatalogChecks, NameVelocitiesAndPositionsOfAnotherUnit) {
  auto figures = good();
  for (auto& speed : figures.speed_kms) speed *= 1000;  // m/s
  EXPECT_TRUE(test::contains(refusal(figures), "velocity dispersions"));
  figures = good();
  figures.largest_coordinate_ckpch = 39;  // Mpc/h
  EXPECT_TRUE(test::contains(refusal(figures), "Mpc/h where kpc/h"));
}

/// Every pair is looked at.
std::unordered_set<std::int64_t> slowly_inside(std::vector<HaloSphere> const& halos, double edge) {
  PeriodicBox const box(edge);
  std::unordered_set<std::int64_t> inside;
  for (auto const& halo : halos)
    for (auto const& other : halos) {
      bool const heavier =
          other.mass > halo.mass || (other.mass == halo.mass && other.id < halo.id);
      if (heavier && norm(box.offset(other.position, halo.position)) < other.radius_ckpch)
        inside.insert(halo.id);
    }
  return inside;
}

/// Every pair is looked at.
std::optional<HaloPair> slowly_equal(std::vector<HaloSphere> const& halos, double edge,
                                     double share) {
  PeriodicBox const box(edge);
  std::optional<HaloPair> found;
  double mass = 0;
  for (auto const& halo : halos)
    for (auto const& other : halos) {
      double const distance = norm(box.offset(halo.position, other.position));
      bool const lighter =
          other.mass < halo.mass || (other.mass == halo.mass && other.id > halo.id);
      if (!lighter || distance >= share * halo.radius_ckpch) continue;
      bool const first = !found || halo.mass > mass || (halo.mass == mass && halo.id < found->id) ||
                         (halo.id == found->id && distance < found->distance_ckpch);
      if (!first) continue;
      found = {halo.id, other.id, distance};
      mass = halo.mass;
    }
  return found;
}

TEST(Hosts, ThatAreOneAreFoundAcrossTheEdges) {
  Random random(8, Purpose::test);
  int n_found = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<HaloSphere> halos;
    for (std::int64_t i = 0; i < 40; ++i) {
      auto const mass = std::floor(1 + 50 * random.uniform());
      halos.push_back({100 + i,
                       {1000 * random.uniform(), 1000 * random.uniform(), 1000 * random.uniform()},
                       mass,
                       200 * std::cbrt(mass)});
    }
    auto const found = nearly_equal(halos, 1000, 0.1), slow = slowly_equal(halos, 1000, 0.1);
    ASSERT_EQ(found.has_value(), slow.has_value());
    if (!found) continue;
    ++n_found;
    EXPECT_EQ(found->id, slow->id);
    EXPECT_EQ(found->other, slow->other);
  }
  EXPECT_GT(n_found, 50);
}

TEST(Hosts, LieInNoHeavierHalo) {
  Random random(7, Purpose::test);
  for (std::int64_t const n : {1, 2, 9, 1000}) {
    std::vector<HaloSphere> halos;
    for (std::int64_t i = 0; i < n; ++i) {
      auto const mass = std::floor(1 + 50 * random.uniform());  // some are equal
      Vec3 const position{1000 * random.uniform(), 1000 * random.uniform(),
                          1000 * random.uniform()};
      halos.push_back({100 + i, position, mass, 20 * std::cbrt(mass)});
    }
    auto const found = inside_heavier(halos, 1000);
    EXPECT_EQ(found, slowly_inside(halos, 1000)) << n;
    EXPECT_TRUE(n < 1000 || (found.size() > 50 && found.size() < 950)) << found.size();
    for (auto& halo : halos)
      halo.position = PeriodicBox(1000).wrap(halo.position + Vec3{300, 500, 700});
    std::reverse(halos.begin(), halos.end());
    EXPECT_EQ(inside_heavier(halos, 1000), found) << "shifted, in another order";
  }
}

}  // namespace
}  // namespace setsz
