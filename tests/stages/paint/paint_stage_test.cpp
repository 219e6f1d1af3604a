// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/paint_stage.hpp"

#include <gtest/gtest.h>

#include "io/h5.hpp"
#include "tests/fixtures/painted_universe.hpp"

namespace setsz {
namespace {

using test::PaintedUniverse;

/// Contents of the products, on rank 0.
std::string products_of(Comm const& comm, Stage const& stage, PaintedUniverse const& universe) {
  comm.barrier();
  std::string content;
  if (comm.is_root())
    content = h5_content_hash(universe / (stage.id() + "/box.h5")) +
              h5_content_hash(universe / (stage.id() + "/maps.h5")) +
              test::file_bytes(universe / (stage.id() + "/spectra.json"));
  comm.barrier();
  return content;
}

TEST(PaintStage, GoesOnAfterAStopToTheSameContentOnOtherNumbersOfRanks) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 20, 300, 0.005);
  auto const stage = universe.paint({});
  universe.run_on(false, comm, *stage, 0, false);
  auto const alone = products_of(comm, *stage, universe);
  universe.run_on(true, comm, *stage, 0, false);
  EXPECT_EQ(products_of(comm, *stage, universe), alone);
  for (bool const first_all : {false, true}) {
    for (int const stop : {1, 2, 5, 30}) {  // clusters, clusters or fill, fill, gas
      universe.run_on(first_all, comm, *stage, stop, true);
      universe.run_on(!first_all, comm, *stage, 0, false);
      EXPECT_EQ(products_of(comm, *stage, universe), alone) << first_all << stop;
    }
  }
}

TEST(PaintStage, PaintsEveryClusterWholeButForWhatOthersTake) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 6, 3000);
  auto const stage = universe.paint({"paint.true_field=no"});
  universe.run(comm, *stage);
  collectively(comm, "", [&] {
    std::ifstream in(universe / (stage->id() + "/spectra.json"));
    auto const report = nlohmann::json::parse(in);
    int n_cut = 0;
    for (auto const& entry : report.at("clusters")) {
      auto const row = entry.at("row").get<std::size_t>();
      auto const& cluster = universe.table().clusters[row];
      SparseCube const cube(
          test::cube_of(cluster, {PaintedUniverse::n_voxels, 5}, PaintedUniverse::pressure),
          PaintedUniverse::n_voxels, 5 * cluster.r200c);
      double const painted = entry.at("painted"), removed = entry.at("removed");
      EXPECT_NEAR((painted + removed) / (cluster.p200 * cube.sum_pv()), 1, 1e-6) << row;
      n_cut += removed > 0 ? 1 : 0;
    }
    EXPECT_EQ(report.at("clusters").size(), 6U);
    for (auto const& cluster : report.at("clusters"))  // as the prediction says
      EXPECT_EQ(cluster.at("mass_disagrees"), cluster.at("row") == 1 || cluster.at("row") == 2);
    EXPECT_EQ(n_cut, 2);  // the two that overlap
    EXPECT_GT(report.at("mean_y").at("removed_from_fill").get<double>(), 0);
  });
}

TEST(PaintStage, NeedsTheCatalogAloneWithAPublishedProfile) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 6, 300);
  auto const stage =
      universe.paint({"paint.model=none", "paint.profile=battaglia2012", "paint.true_field=no"});
  EXPECT_EQ(stage->record().inputs,
            (std::vector<std::string>{"catalog/z0/clusters.h5", "catalog/z0/halos.h5"}));
  universe.remove_all_but_the_catalog(comm);
  auto const notes = universe.run(comm, *stage);
  ASSERT_TRUE(notes.has_value());
  EXPECT_EQ(notes->at("clusters"), 6);
  EXPECT_GT(notes->at("mean_y").at("clusters").get<double>(), 0);
  EXPECT_GT(notes->at("mean_y").at("fill").get<double>(), 0);
  collectively(comm, "", [&] {
    for (auto const* name : {"/box.h5", "/maps.h5"}) {
      auto const file = H5File::open(universe / (stage->id() + name));
      EXPECT_EQ(file.attribute<std::string>("/", "source"), "gnfw");
      EXPECT_EQ(file.attribute<std::string>("/", "model"), "none");
      EXPECT_EQ(file.attribute<std::string>("/", "profile"), "battaglia2012");
      EXPECT_EQ(file.attribute<std::string>("/", "simulation"), "a box");
    }
  });
}

TEST(PaintStage, TakesTheFitOfAnotherRun) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 6, 300);
  auto const mean_y = [&](std::string const& profile) {
    auto const stage =
        universe.paint({"paint.source=gnfw", "paint.true_field=no", "paint.profile=" + profile});
    auto const notes = universe.run(comm, *stage);
    return notes->at("mean_y").at("painted").get<double>();
  };
  EXPECT_EQ(mean_y(universe / "fit/z0/fold0/gnfw.json"), mean_y("fit"));
}

TEST(PaintStage, SaysWhatIsWrongWithItsOptions) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 5, 20);
  auto const no_profile =
      test::error_of([&] { universe.paint({"paint.profile=batagla"})->record().files(); });
  EXPECT_TRUE(test::contains(no_profile, "66 profile = batagla: neither fit")) << no_profile;
  EXPECT_TRUE(test::contains(no_profile, "battaglia2012")) << no_profile;
  auto const no_network = test::error_of([&] {
    universe.paint({"paint.model=none", "paint.source=network"});
  });
  EXPECT_TRUE(test::contains(no_network, "78 ")) << no_network;
  EXPECT_TRUE(test::contains(no_network, "source = network with model = none")) << no_network;
}

TEST(PaintStage, SaysWhatIsWrongWithAPrediction) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 5, 20);
  auto const stage = universe.paint({"paint.true_field=no"});
  universe.expect_prediction_errors(comm, *stage);
}

}  // namespace
}  // namespace setsz
