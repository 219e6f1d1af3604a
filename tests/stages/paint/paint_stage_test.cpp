// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/paint_stage.hpp"

#include <gtest/gtest.h>

#include <numbers>

#include "io/h5.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/slice_order.hpp"
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
  universe.run(comm, *universe.gas_grid({}));
  universe.run_on(false, comm, *stage, 0, false);
  auto const alone = products_of(comm, *stage, universe);
  universe.run_on(true, comm, *stage, 0, false);
  EXPECT_EQ(products_of(comm, *stage, universe), alone);
  for (bool const first_all : {false, true}) {
    for (int const stop : {1, 2, 5}) {  // clusters, clusters or fill, fill
      universe.run_on(first_all, comm, *stage, stop, true);
      universe.run_on(!first_all, comm, *stage, 0, false);
      EXPECT_EQ(products_of(comm, *stage, universe), alone) << first_all << stop;
    }
  }
}

TEST(GasGridStage, PutsEveryCellThereInTheOrderOfTheSlices) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 5, 20, 0.005);
  auto const stage = universe.gas_grid({});
  EXPECT_EQ(stage->record().inputs.size(), 0U);  // a change of clusters leaves it as it is
  EXPECT_EQ(universe.paint({})->record().inputs.back(), stage->id() + "/grid.h5");
  EXPECT_EQ(universe.paint({"paint.true_field=no"})->gas_grid(), std::nullopt);
  auto const grid = [&] {
    comm.barrier();
    auto const file = H5File::open(universe / (stage->id() + "/grid.h5"));
    return file.read_all<double>("/pressure_volume");
  };
  universe.run(comm, *stage);
  auto const found = grid();
  // Cell by cell, onto the whole box.
  auto const gas = Snapshot(stage->record().files(), Snapshot::Kind::gas);
  auto const n = universe.paint({})->gas_grid().value();
  BoxCanvas whole({0, n}, 0, PaintedUniverse::box);
  SliceOrder const order(gas.n_rows(), PaintedUniverse::slice_rows);
  EXPECT_GT(order.n_slices(), 10);
  for (std::int64_t turn = 0; turn < order.n_slices(); ++turn) {
    auto const rows = gas.read_gas(order.rows(turn));
    for (std::size_t i = 0; i < rows.position.size(); ++i) {
      auto const ball = gas_ball(CellSize::volume, rows.position[i], rows.mass[i], rows.density[i],
                                 rows.electron_pressure[i], 0);
      whole.paint_ball(ball.position, ball.radius,
                       rows.electron_pressure[i] * rows.mass[i] / rows.density[i]);
    }
  }
  EXPECT_TRUE(std::ranges::equal(found, whole.grid().values()));
  comm.barrier();
  for (bool const first_all : {false, true}) {
    universe.run_on(first_all, comm, *stage, 2, true);
    universe.run_on(!first_all, comm, *stage, 0, false);
    EXPECT_EQ(grid(), found) << first_all;
    comm.barrier();
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

/// What of the space from 2 to 4 R200 of a cluster is nearer (in units of R200) to it than to any
/// other, point by point: integral of (r/2R200)^-n over it [R200^3].
double own_skirt(ClusterTable const& table, std::size_t row, double steepness) {
  PeriodicBox const box(table.box_ckpch);
  auto const& cluster = table.clusters[row];
  int const n_shells = 60, n_directions = 4000;
  double const golden = std::numbers::pi * (3 - std::sqrt(5.0)), step = 2.0 / n_shells;
  double sum = 0;
  for (int shell = 0; shell < n_shells; ++shell) {
    double const x = 2 + step * (shell + 0.5);
    int n_own = 0;
    for (int i = 0; i < n_directions; ++i) {
      double const z = 1 - (2.0 * i + 1) / n_directions, s = std::sqrt(1 - z * z);
      double const phi = golden * i + shell;
      Vec3 const point =
          cluster.position + x * cluster.r200c * Vec3{s * std::cos(phi), s * std::sin(phi), z};
      n_own += std::ranges::all_of(table.clusters, [&](Cluster const& other) {
        return &other == &cluster || norm(box.offset(other.position, point)) >= x * other.r200c;
      });
    }
    sum += 4 * std::numbers::pi * x * x * step * std::pow(x / 2, -steepness) * n_own / n_directions;
  }
  return sum;
}

/// The edge of a cube, from its own voxels between 1.5 and 2 R200.
double edge_of(ClusterTable const& table, std::size_t row, double steepness) {
  PeriodicBox const box(table.box_ckpch);
  auto const& cluster = table.clusters[row];
  CubeLattice const lattice{PaintedUniverse::n_voxels, 5};
  auto const cube = test::cube_of(cluster, lattice, PaintedUniverse::pressure);
  double gas = 0, power = 0;
  for (std::int64_t i = 0, voxel = 0; i < lattice.n; ++i)
    for (std::int64_t j = 0; j < lattice.n; ++j)
      for (std::int64_t k = 0; k < lattice.n; ++k, ++voxel) {
        Vec3 const x = lattice.centre_r200(i, j, k), point = cluster.position + cluster.r200c * x;
        if (norm(x) < 1.5 || norm(x) >= 2) continue;
        if (std::ranges::any_of(table.clusters, [&](Cluster const& other) {
              return &other != &cluster &&
                     norm(box.offset(other.position, point)) < norm(x) * other.r200c;
            }))
          continue;
        gas += cube[voxel];
        power += std::pow(norm(x) / 2, -steepness);
      }
  return gas / power;
}

TEST(PaintStage, AddsSkirtsThatContinueTheCubes) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 6, 3000);
  auto const report_of = [&](std::string const& skirt) {
    auto const stage = universe.paint({"paint.true_field=no", "paint.skirt=" + skirt});
    universe.run(comm, *stage);
    comm.barrier();
    std::ifstream in(universe / (stage->id() + "/spectra.json"));
    return nlohmann::json::parse(in);
  };
  auto const with = report_of("yes"), without = report_of("no");
  auto const& table = universe.table();
  double sum = 0, claimed = 0;
  for (std::size_t row = 0; row < table.clusters.size(); ++row) {
    auto const& cluster = table.clusters[row];
    double const steepness = 4.4 + 0.3 * std::log(cluster.m200c / 5e3);  // as skirt.json says
    double const own = own_skirt(table, row, steepness),
                 unit = cluster.p200 * std::pow(cluster.r200c, 3) * edge_of(table, row, steepness);
    double const skirt = with.at("clusters")[row].at("skirt");
    EXPECT_NEAR(skirt / (own * unit), 1, 2e-3) << row;
    EXPECT_EQ(with.at("clusters")[row].at("painted"), without.at("clusters")[row].at("painted"));
    EXPECT_EQ(without.at("clusters")[row].at("skirt"), 0);
    sum += skirt;
    auto alone = table;
    alone.clusters = {cluster};
    claimed += own < 0.99 * own_skirt(alone, 0, steepness);
  }
  EXPECT_EQ(claimed, 2);  // the pair that overlaps
  auto const &y = with.at("mean_y"), &y_without = without.at("mean_y");
  double const painted = y.at("painted"), before = y_without.at("painted"), skirts = y.at("skirts");
  // What the fill has between 2 and 4 R200 gives way.
  double const gives_way = y_without.at("fill").get<double>() - y.at("fill").get<double>();
  EXPECT_GT(gives_way, 3e-4 * y.at("fill").get<double>());
  EXPECT_NEAR((before + skirts - gives_way) / painted, 1, 2e-7);  // maps are float32
  EXPECT_EQ(y.at("clusters"), y_without.at("clusters"));
  EXPECT_EQ(y_without.at("skirts"), 0);
  double const a =
      units::compton_y(sum / std::pow(PaintedUniverse::box, 2), table.a, table.cosmology.h);
  EXPECT_NEAR(skirts / a, 1, 1e-7);  // of whole quanta
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
    return notes->at("mean_y").at("clusters").get<double>() +
           notes->at("mean_y").at("fill").get<double>();
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
