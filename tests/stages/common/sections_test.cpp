// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/sections.hpp"

#include <gtest/gtest.h>

#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

std::vector<SnapshotInstance> instances_of(std::string const& text) {
  SectionSchema mock = schema_of<MockFiles>();
  return snapshot_instances(Configuration::parse(
      text, "test.ini", {},
      {schema_of<CosmologySection>(), schema_of<SnapshotSection>(true), mock}));
}

TEST(SnapshotInstances, AMockStandsForThreeSetsOfProducts) {
  auto const all = instances_of("[mock]\nn_files = 2\n[snapshot.z1]\nmock = yes\n");
  ASSERT_EQ(all.size(), 1U);
  auto const& one = all.front();
  EXPECT_EQ(one.dark_matter("run"), "run/mock/z1/dmo/snap_000.*.hdf5");
  EXPECT_EQ(one.gas("run"), "run/mock/z1/hydro/snap_000.*.hdf5");
  EXPECT_EQ(one.catalog("run"), std::vector<std::string>{"run/mock/z1/rockstar/out_0.list"});
  EXPECT_EQ(one.gas_products(), (std::vector<std::string>{"mock/z1/hydro/snap_000.0.hdf5",
                                                          "mock/z1/hydro/snap_000.1.hdf5"}));
  EXPECT_TRUE(one.gas_files().empty());
}

TEST(SnapshotInstances, FilesStandForThemselves) {
  auto const all =
      instances_of("[snapshot.a]\ndark_matter = /x/dm\ncatalog = /x/c1, /x/c2\n[snapshot.b]\n");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].dark_matter("run"), "/x/dm");
  EXPECT_EQ(all[0].catalog("run"), (std::vector<std::string>{"/x/c1", "/x/c2"}));
  EXPECT_TRUE(all[0].dark_matter_products().empty());
  EXPECT_TRUE(
      test::contains(test::error_of([&] { all[0].gas("run"); }), "[snapshot.a] has no gas"));
  EXPECT_TRUE(test::contains(test::error_of([&] { all[0].catalog_files(); }),
                             "66 no halo catalogue '/x/c1'"));
  EXPECT_TRUE(test::contains(test::error_of([&] { all[1].catalog("run"); }),
                             "78 [snapshot.b] has no catalog"));
}

TEST(SnapshotSection, RefusesPairsOfKeysThatDoNotFit) {
  EXPECT_TRUE(
      test::contains(test::error_of([] { instances_of("[snapshot.a]\nmock = yes\ngas = /x\n"); }),
                     "exclude each other"));
  EXPECT_TRUE(test::contains(
      test::error_of([] { instances_of("[snapshot.a]\nredshift_min = 1\nredshift_max = 0.5\n"); }),
      "redshift_min = 1 is not below"));
  EXPECT_TRUE(test::contains(
      test::error_of([] { instances_of("[cosmology]\nomega_b = 0.4\n[snapshot.a]\n"); }),
      "omega_b = 0.4 is not below"));
}

TEST(Products, NamesAreTheAgreedOnes) {
  EXPECT_EQ(products::clusters("z0"), "catalog/z0/clusters.h5");
  EXPECT_EQ(products::gnfw("z0", 3), "fit/z0/fold3/gnfw.json");
  EXPECT_EQ(products::trained({"z0", "lo", 2, 1}), "train/z0/lo/fold2/seed1/model.h5");
  EXPECT_EQ(model_path("z0", "lo", 2, Member{}), "z0/lo/fold2/ensemble");
}

}  // namespace
}  // namespace setsz
