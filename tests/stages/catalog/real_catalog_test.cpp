// SPDX-License-Identifier: BSD-3-Clause
// The catalogues of the real pairs: counts that their README gives.
#include <gtest/gtest.h>

#include <filesystem>

#include "stages/catalog/catalog_stage.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

std::string const data = SETSZ_SHARED_DATA;

struct RealList {
  char const *box, *snapshot, *list;
  double mass_min;
  std::int64_t n_clusters;
  double redshift;
};

class RealCatalog : public testing::TestWithParam<RealList> {};

TEST_P(RealCatalog, HasAsManyClustersAsItsReadmeSays) {
  auto const [box, snapshot, list, mass_min, n_clusters, redshift] = GetParam();
  auto const folder = concat(data, "/", box);
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no real pair at " << folder;
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto const parsed = Configuration::parse(
      concat("[snapshot.s]\ndark_matter = ", folder, "/dmo/snapdir_", snapshot, "\ngas = ", folder,
             "/hydro/snapdir_", snapshot, "\ncatalog = ", folder, "/rockstar/snap_", snapshot, "/",
             list, "\n[catalog]\nmass_min = ", mass_min, "\n"),
      "test.ini", {},
      {schema_of<RunOptions>(), schema_of<CosmologySection>(), schema_of<SnapshotSection>(true),
       schema_of<MockFiles>(), schema_of<CatalogOptions>()});
  CatalogStage stage(parsed, snapshot_instances(parsed).front());
  RunOptions options;
  options.directory = scratch / "run";
  test::StageContext context(comm, options, stage);
  stage.run(context);
  auto const table = read_clusters(scratch / "run/catalog/s/clusters.h5");
  EXPECT_EQ(table.size(), n_clusters);
  EXPECT_NEAR(table.redshift, redshift, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(
    Shared, RealCatalog,
    testing::Values(RealList{"box50_a", "099", "out_0_wparents.list", 1e13, 50, 0},
                    RealList{"box50_a", "099", "out_0_allcols_pid.list", 5e13, 5, 0},
                    RealList{"box75_a", "099", "out_0_wparents.list", 1e13, 141, 0},
                    RealList{"box75_a", "099", "out_0_wparents.list", 5e13, 23, 0},
                    RealList{"box75_a", "067", "out_0_wparents.list", 1e13, 114, 0.5}));

}  // namespace
}  // namespace setsz
