// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/trained_on.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

ClusterTable table_of(std::vector<double> const& masses, double redshift = 0) {
  ClusterTable table;
  table.mass_definition = "200c";
  table.redshift = redshift;
  for (double const mass : masses) {
    Cluster cluster;
    cluster.id = 10 + table.size();
    cluster.m200c = mass;
    table.clusters.edit().push_back(cluster);
  }
  return table;
}

/// Rows 1 and 2 have taught.
TrainedOn taught() { return trained_on(table_of({900, 2000, 5000, 70}), {1, 2}, 4, "box"); }

using Bits = std::vector<std::uint8_t>;

TEST(TrainedOn, KnowsTheRangeOfItsTrainingClustersAlone) {
  auto const trained = taught();
  EXPECT_EQ(trained.n_clusters, 2);
  EXPECT_EQ(trained.mass.first, 2000);
  EXPECT_EQ(trained.mass.last, 5000);
  EXPECT_EQ(outside_training(trained, table_of({1999, 2000, 3000, 5000, 5001}), 4),
            (Bits{outside::lighter, 0, 0, 0, outside::heavier}));
}

TEST(TrainedOn, AClusterIsKnownByItsIdPositionAndMass) {
  auto table = table_of({900, 2000, 5000, 70});
  for (std::size_t i = 0; i < 4; ++i) {
    table.clusters.edit()[i].id = static_cast<std::int64_t>(i);
    table.clusters.edit()[i].position = {1, 2, 3};
  }
  std::vector<std::uint64_t> const taught{cluster_identity(table.clusters[1]),
                                          cluster_identity(table.clusters[2])};
  auto const knows = [&](Cluster const& cluster) {
    return std::ranges::count(taught, cluster_identity(cluster)) == 1;
  };
  EXPECT_FALSE(knows(table.clusters[0]));
  EXPECT_TRUE(knows(table.clusters[1]));
  EXPECT_TRUE(knows(table.clusters[2]));
  for (auto const& change :
       {+[](Cluster& c) { c.id += 1000; }, +[](Cluster& c) { c.position.z += 1e-9; },
        +[](Cluster& c) { std::swap(c.position.x, c.position.y); },
        +[](Cluster& c) { c.m200c = std::nextafter(c.m200c, 1e9); }}) {
    auto other = table.clusters[1];
    change(other);
    EXPECT_FALSE(knows(other));
  }
  auto moved = table.clusters[1];
  moved.velocity = {1, 2, 3};  // may come from elsewhere
  EXPECT_TRUE(knows(moved));
}

TEST(TrainedOn, ComesBackFromJson) {
  auto const json = nlohmann::json(taught());
  auto const copy = nlohmann::json::parse(json.dump()).get<TrainedOn>();
  EXPECT_EQ(nlohmann::json(copy), json);
  EXPECT_EQ(copy.mass.last, 5000);
  EXPECT_EQ(copy.cosmologies.at(0).omega_b, 0.0486);
}

TEST(TrainedOn, ASnapshotUnlikeThoseOfTheTrainingMarksAllItsClusters) {
  auto const bits = [](ClusterTable const& table, double particle_mass) {
    return outside_training(taught(), table, particle_mass).at(0);
  };
  auto here = table_of({3000}, 0.015);
  EXPECT_EQ(bits(here, 4), 0) << "rounding of the redshift of an output";
  here.redshift = 0.5;
  EXPECT_EQ(bits(here, 4), outside::redshift);
  EXPECT_EQ(bits(here, 6.1), outside::redshift | outside::particle_mass);
  here.redshift = 0;
  EXPECT_EQ(bits(here, 5.9), 0);
  EXPECT_EQ(bits(here, 2.6), outside::particle_mass);
  EXPECT_EQ(bits(here, 2.7), 0);
  EXPECT_EQ(bits(here, 0), 0) << "particles of different masses: no statement";
  here.cosmology.h *= 1.01;
  EXPECT_EQ(bits(here, 4), outside::cosmology);
}

TEST(TrainedOn, AnEnsembleHasSeenWhatItsMembersHaveSeen) {
  auto other = table_of({1000, 4000}, 0.5);
  other.cosmology.omega_m = 0.3;
  auto const both = hull(taught(), trained_on(other, {0, 1}, 1, "other box"));
  EXPECT_EQ(both.simulations, (std::vector<std::string>{"box", "other box"}));
  EXPECT_EQ(outside_training(both, table_of({999, 1000, 5000, 5001}, 0.3), 2),
            (Bits{outside::lighter, 0, 0, outside::heavier}));
  EXPECT_EQ(outside_training(both, other, 1), (Bits{0, 0}));
  EXPECT_EQ(hull(both, taught()).cosmologies.size(), 2U);
}

TEST(TrainedOn, TheLogNamesReasonsNumbersAndIds) {
  auto const texts = outside_warnings(taught(), table_of({100, 3000, 9000}, 1), 20);
  ASSERT_EQ(texts.size(), 4U);
  EXPECT_TRUE(test::contains(texts[0], "1 of 3 clusters are less massive"));
  EXPECT_TRUE(test::contains(texts[0], "(2e+13 Msun/h); ids 10"));
  EXPECT_TRUE(
      test::contains(texts[1], "more massive than all of the training (5e+13 Msun/h); ids 12"));
  EXPECT_TRUE(test::contains(texts[2], "redshift 1, the training had 0"));
  EXPECT_TRUE(test::contains(texts[3], "2e+11 Msun/h, those of the training 4e+10"));
  EXPECT_TRUE(outside_warnings(taught(), table_of({3000}), 4).empty());
}

TEST(TrainedOn, AnotherMeaningOfMassOrRadiusIsRefused) {
  require_comparable(taught(), "200c", "the model");
  auto const mass = test::error_of([] { require_comparable(taught(), "500c", "the model"); });
  EXPECT_TRUE(test::contains(mass, "78 the model was trained with masses M200c"));
  EXPECT_TRUE(test::contains(mass, "M500c"));
  auto other = taught();
  other.r200 = "physical";
  auto const radius = test::error_of([&] { require_comparable(other, "200c", "the model"); });
  EXPECT_TRUE(test::contains(radius, "78 the model was trained with radii 'physical'"));
}

}  // namespace
}  // namespace setsz
