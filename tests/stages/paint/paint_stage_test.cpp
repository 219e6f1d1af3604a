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
  PaintedUniverse const universe(comm, 20, 300);
  auto const stage = universe.paint({});
  universe.run_on(false, comm, *stage, 0, false);
  auto const alone = products_of(comm, *stage, universe);
  universe.run_on(true, comm, *stage, 0, false);
  EXPECT_EQ(products_of(comm, *stage, universe), alone);
  for (bool const first_all : {false, true}) {
    for (int const stop : {1, 2, 3, 5}) {  // clusters, clusters, fill, gas
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
    EXPECT_EQ(n_cut, 2);  // the two that overlap
    EXPECT_GT(report.at("mean_y").at("removed_from_fill").get<double>(), 0);
  });
}

TEST(PaintStage, SaysWhatIsWrongWithAPrediction) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 5, 20);
  auto const stage = universe.paint({"paint.true_field=no"});
  universe.expect_prediction_errors(comm, *stage);
}

}  // namespace
}  // namespace setsz
