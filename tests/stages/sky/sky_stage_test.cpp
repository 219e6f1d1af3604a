// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_stage.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "io/h5.hpp"
#include "io/healpix_map.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/halos/gas_density.hpp"
#include "stages/sky/sky_header_work.hpp"
#include "tests/fixtures/painted_universe.hpp"

namespace setsz {
namespace {

using test::PaintedUniverse;

/// The file without its DATE, which moves at midnight, and the sum over the header.
std::string timeless(std::string fits) {
  constexpr std::size_t card = 80;
  for (std::size_t at = 0; at + card <= fits.size(); at += card)
    for (auto const* key : {"DATE    =", "CHECKSUM="})
      if (fits.compare(at, 9, key) == 0) fits.replace(at, card, card, ' ');
  return fits;
}

/// Bytes of map and report, on rank 0.
std::string products_of(Comm const& comm, Stage const& stage, PaintedUniverse const& universe) {
  comm.barrier();
  auto bytes = comm.is_root()
                   ? timeless(test::file_bytes(universe / (stage.id() + "/compton_y.fits"))) +
                         timeless(test::file_bytes(universe / (stage.id() + "/lightcone.fits"))) +
                         test::file_bytes(universe / (stage.id() + "/lightcone.h5")) +
                         test::file_bytes(universe / (stage.id() + "/sky.json"))
                   : std::string();
  comm.barrier();
  return bytes;
}

TEST(SkyStage, GoesOnAfterAStopToTheSameBytesOnOtherNumbersOfRanks) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 6, 6000, 0.1);
  auto const stage = universe.sky({});
  universe.run_on(false, comm, *stage, 0, false);
  auto const alone = products_of(comm, *stage, universe);
  universe.run_on(true, comm, *stage, 0, false);
  EXPECT_EQ(products_of(comm, *stage, universe), alone);
  for (bool const first_all : {false, true}) {
    for (int const stop : {1, 2, 3}) {  // clusters, clusters, fill
      universe.run_on(first_all, comm, *stage, stop, true);
      universe.run_on(!first_all, comm, *stage, 0, false);
      EXPECT_EQ(products_of(comm, *stage, universe), alone) << first_all << stop;
    }
  }
  // Stopped twice.
  universe.run_on(true, comm, *stage, 1, true);
  universe.run_on(false, comm, *stage, 1, true);
  universe.run_on(true, comm, *stage, 0, false);
  EXPECT_EQ(products_of(comm, *stage, universe), alone);
}

/// What a sky must hold, image by image.
struct Expected {
  std::int64_t n = 0, n_at_face = 0, n_apart = 0;
  double sum = 0;  ///< [sr]
};

Expected expected_clusters_of(PaintedUniverse const& universe, Repetition repetition,
                              Vec3 const& observer) {
  auto const& table = universe.table();
  double const box = PaintedUniverse::box;
  double const near = table.cosmology.comoving_distance(0.005),
               far = table.cosmology.comoving_distance(0.06);
  Lattice const lattice(box, box * observer, repetition);
  SnapshotClusters const clusters(table);
  Expected expected;
  for (std::int64_t row = 0; row < table.size(); ++row) {
    auto const& cluster = table.clusters[row];
    SparseCube const cube(
        test::cube_of(cluster, {PaintedUniverse::n_voxels, 5}, PaintedUniverse::pressure),
        PaintedUniverse::n_voxels, 5 * cluster.r200c);
    auto const claims = clusters.claims_on_cluster(clusters.halo(row, cube.reach));
    auto const add = [&](Orientation const& how, Vec3 const& seen) {
      ++expected.n;
      double const z = table.cosmology.redshift_at(norm(seen));
      double const p200 = halo_scales(table.cosmology, z, cluster.m200c, cluster.r200c).p200_code;
      double const unit = units::compton_y(p200, 1 / (1 + z), table.cosmology.h);
      for_each_part(cube, 2, [&](Vec3 const& offset, double pv) {
        expected.sum += unit * pv / norm2(seen + how.turn.matrix() * offset);
      });
      // A voxel is painted whole, so a cube reaches a little beyond 2 R200.
      double const reach = 2 * cluster.r200c + std::sqrt(0.75) * cube.voxel_edge;
      if (lattice.at_face(seen, reach)) ++expected.n_at_face;
      for (auto const& other : claims.neighbours())
        if (!lattice.together(seen, seen + how.turn.matrix() * other.offset)) ++expected.n_apart;
    };
    for (int image = 0; image < 343; ++image) {
      Cell const cell{static_cast<std::int16_t>(image / 49 - 3),
                      static_cast<std::int16_t>(image / 7 % 7 - 3),
                      static_cast<std::int16_t>(image % 7 - 3)};
      for (std::int64_t shell = 0; shell < 5; ++shell) {
        auto const how = lattice.orientation(cell, shell);
        Vec3 const seen = lattice.seen(cluster.position, how, cell);
        bool const here = repetition.rule == ReplicaRule::shells
                              ? lattice.shell_of(norm(seen)) == shell
                              : shell == 0;
        if (here && norm(seen) >= near && norm(seen) < far) add(how, seen);
      }
    }
  }
  return expected;
}

TEST(SkyStage, PaintsEveryImageOfAClusterOnceAndWhole) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 4, 10);
  Vec3 const observer{0.3, 0.9, 0.02};
  for (auto const rule : {ReplicaRule::tiles, ReplicaRule::shells, ReplicaRule::bare}) {
    // A seed that tears a pair of clusters.
    std::uint64_t seed = 1;
    auto expected = expected_clusters_of(universe, {rule, seed}, observer);
    while (rule != ReplicaRule::bare && expected.n_apart == 0 && seed < 20)
      expected = expected_clusters_of(universe, {rule, ++seed}, observer);
    auto const stage = universe.sky({"sky.fill=no", "sky.skirt=no", "sky.observer=0.3,0.9,0.02",
                                     "sky.redshift_max=0.06", concat("sky.replica_seed=", seed),
                                     concat("sky.replicas=", name_of(rule))});
    auto const notes = universe.run(comm, *stage);
    ASSERT_TRUE(notes);
    EXPECT_EQ(notes->at("n_clusters"), expected.n);
    EXPECT_EQ(notes->at("n_too_near"), 0);
    collectively(comm, "", [&] {
      if (!comm.is_root()) return;
      std::ifstream in(universe / (stage->id() + "/sky.json"));
      auto const report = nlohmann::json::parse(in);
      double const kept =
          report.at("y_painted_sr").get<double>() + report.at("y_lost_sr").get<double>();
      EXPECT_GT(report.at("y_lost_sr").get<double>(), 0);  // the overlap of two clusters
      EXPECT_EQ(report.at("n_mass_disagrees"), 2);         // as the prediction says
      EXPECT_NEAR(kept / expected.sum, 1, 1e-4);
      EXPECT_LT(report.at("largest_sampling_error").get<double>(), 0.02);
      auto const& replicas = report.at("replicas");
      EXPECT_EQ(replicas.at("rule"), name_of(rule));
      EXPECT_EQ(replicas.at("n_at_face"), expected.n_at_face);
      EXPECT_EQ(replicas.at("n_neighbours_elsewhere"), expected.n_apart);
      if (rule == ReplicaRule::bare) {
        EXPECT_EQ(expected.n_at_face + expected.n_apart, 0);
      } else {
        EXPECT_GT(expected.n_apart, 0);
      }
    });
  }
}

TEST(SkyStage, ListsEveryImageBesideTheMap) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 4, 50);
  auto const stage = universe.sky({"sky.observer=0.3,0.9,0.02", "sky.lightcone=all"});
  auto const notes = universe.run(comm, *stage);
  ASSERT_TRUE(notes);
  auto const& table = universe.table();
  auto const file = H5File::open(universe / (stage->id() + "/lightcone.h5"));
  auto const read = [&](char const* name) { return file.read_all<float>(concat("/halos/", name)); };
  auto const ids = file.read_all<std::int64_t>("/halos/id");
  auto const longitude = file.read_all<double>("/halos/longitude"),
             latitude = file.read_all<double>("/halos/latitude"),
             redshift = file.read_all<double>("/halos/redshift"),
             distance = file.read_all<double>("/halos/distance");
  auto const velocity = read("v_los"), y_200 = read("y_200c"), y_500 = read("y_500c"),
             y_cylinder = read("y_cyl"), y_centre = read("y0"), y_total = read("y_total");
  auto const cells = file.read_all<std::int32_t>("/halos/replica"),
             flags = file.read_all<std::int32_t>("/halos/flags");
  std::int64_t const n_clusters = notes->at("n_clusters"), n_fill = notes->at("n_fill");
  ASSERT_EQ(std::ssize(ids), n_clusters + n_fill);
  Lattice const lattice(PaintedUniverse::box, PaintedUniverse::box * Vec3{0.3, 0.9, 0.02},
                        {ReplicaRule::tiles, 1});
  std::int64_t n_disagree = 0;
  double on_sky = 0;  // along true lines of sight [sr]
  for (std::int64_t i = 0; i < n_clusters; ++i) {
    auto const at = std::ranges::find(table.clusters, ids[i], &Cluster::id);
    ASSERT_NE(at, table.clusters.end());
    Cell const cell{static_cast<std::int16_t>(cells[3 * i]),
                    static_cast<std::int16_t>(cells[3 * i + 1]),
                    static_cast<std::int16_t>(cells[3 * i + 2])};
    auto const how = lattice.orientation(cell, 0);
    Vec3 const seen = lattice.seen(at->position, how, cell);
    double const to_degrees = 180 / std::numbers::pi;
    double const phi = std::atan2(seen.y, seen.x) * to_degrees;
    EXPECT_NEAR(longitude[i], phi < 0 ? phi + 360 : phi, 1e-9);
    EXPECT_NEAR(latitude[i], std::asin(seen.z / norm(seen)) * to_degrees, 1e-6);
    EXPECT_NEAR(distance[i], norm(seen), 1e-6);
    EXPECT_NEAR(redshift[i], table.cosmology.redshift_at(norm(seen)), 1e-8);
    EXPECT_NEAR(velocity[i], dot(how.turn.matrix() * at->velocity, unit(seen)), 1e-3);
    // The sphere, voxel by voxel; all of the gas lies within 2 R200.
    SparseCube const cube(
        test::cube_of(*at, {PaintedUniverse::n_voxels, 5}, PaintedUniverse::pressure),
        PaintedUniverse::n_voxels, 5 * at->r200c);
    double sphere = 0, sum = 0, sum_seen = 0;
    cube.for_each_voxel([&](auto const& voxel) {
      double const pv = voxel.value * std::pow(cube.voxel_edge, 3);
      if (norm(voxel.centre) < at->r200c) sphere += pv;
      sum += pv;
      sum_seen += pv / norm2(seen + how.turn.matrix() * voxel.centre);
    });
    double const p200 = halo_scales(table.cosmology, redshift[i], at->m200c, at->r200c).p200_code;
    double const y = units::compton_y(p200, 1 / (1 + redshift[i]), table.cosmology.h);
    double const arcmin2 = y / norm2(seen) * std::pow(60 * to_degrees, 2);
    EXPECT_NEAR(y_200[i] / (arcmin2 * sphere), 1, 1e-5);
    EXPECT_NEAR(y_total[i] / (arcmin2 * sum), 1, 1e-5);
    on_sky += y * sum_seen;
    EXPECT_LE(y_500[i], y_200[i]);
    EXPECT_GT(y_cylinder[i], y_200[i]);
    EXPECT_EQ(flags[i] & 1, 1);
    n_disagree += flags[i] / 8 % 2;
  }
  EXPECT_GT(n_disagree, 0);
  std::ifstream in(universe / (stage->id() + "/sky.json"));
  auto const report = nlohmann::json::parse(in);
  double const arcmin = std::numbers::pi / 10800;
  on_sky += std::accumulate(y_total.begin() + n_clusters, y_total.end(), 0.0) * arcmin * arcmin;
  double const on_map =
      report.at("y_painted_sr").get<double>() + report.at("y_lost_sr").get<double>() -
      report.at("skirts_painted_sr").get<double>() - report.at("skirts_lost_sr").get<double>();
  EXPECT_GT(report.at("skirts_painted_sr").get<double>(), 0.01 * on_map);
  EXPECT_EQ(report.at("n_skirts").get<std::int64_t>() +
                report.at("n_skirts_too_near").get<std::int64_t>(),
            n_clusters + notes->at("n_too_near").get<std::int64_t>());
  EXPECT_NEAR(on_sky / on_map, 1, 1e-3);
  for (std::int64_t i = n_clusters; i < n_clusters + n_fill; ++i) {
    EXPECT_EQ(flags[i] & 9, 0);
    EXPECT_GE(ids[i], 50000);
    EXPECT_LT(y_500[i], y_200[i]);
    EXPECT_LT(y_200[i], y_cylinder[i]);
    EXPECT_GT(y_centre[i], 0);
  }
}

TEST(SkyStage, TellsTheOriginOfTheMapInItsHeader) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 4, 50);
  auto const stage = universe.sky({});
  universe.run(comm, *stage);
  collectively(comm, "", [&] {
    HealpixFile const map(universe / (stage->id() + "/compton_y.fits"));
    auto const& cards = map.cards();
    for (auto const* key :
         {"YMEAN",   "YSTD",     "YMAX",     "YLOST",    "MMIN",     "MMAX",     "MDEF",
          "ZMIN",    "ZMAX",     "RCUT",     "CUTGEOM",  "PIXAVG",   "BEAMFWHM", "LMAX",
          "NREPL",   "REPLICAS", "NFACE",    "NAPART",   "ROTSEED",  "OBSX",     "OBSY",
          "OBSZ",    "OMEGAM",   "OMEGAB",   "HUBBLE",   "XHYDRO",   "SIMNAME",  "SNAPS",
          "MODEL",   "MODELSHA", "VAESEED",  "CODEVER",  "CONFSHA",  "NHALO",    "SUMERR",
          "SAMPMAX", "SAMPMEAN", "BAD_DATA", "COORDSYS", "CHECKSUM", "DATASUM",  "CREATOR",
          "DATE"})
      EXPECT_TRUE(cards.count(key)) << key;
    EXPECT_EQ(cards.at("SIMNAME"), "a box");
    EXPECT_EQ(cards.at("CODEVER"), "test 1");
    EXPECT_EQ(cards.at("MODEL"), "small");
    EXPECT_EQ(cards.at("MODELSHA"), hash_file(universe / "train/z0/small/fold0/seed1/model.h5"));
    EXPECT_EQ(map.history().size(), 7U);
    EXPECT_TRUE(map.data_sum_holds());
  });
}

TEST(SkyStage, NamesNoNetworkWhereNoneWasUsed) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 4, 50);
  auto const stage = universe.sky({"sky.source=gnfw"});
  universe.run(comm, *stage);
  collectively(comm, "", [&] {
    HealpixFile const map(universe / (stage->id() + "/compton_y.fits"));
    EXPECT_EQ(map.cards().at("MODELSHA"), "none");
    EXPECT_EQ(map.cards().at("SOURCE"), "GNFW");
    EXPECT_EQ(map.cards().at("PROFILE"), "fit");
    EXPECT_EQ(map.history().size(), 4U);
  });
}

TEST(SkyStage, NeedsTheCatalogAloneWithAPublishedProfile) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 4, 50);
  auto const stage = universe.sky({"sky.model=none", "sky.profile=battaglia2012"});
  EXPECT_EQ(stage->record().inputs,
            (std::vector<std::string>{"catalog/z0/clusters.h5", "catalog/z0/halos.h5"}));
  universe.remove_all_but_the_catalog(comm);
  auto const notes = universe.run(comm, *stage);
  ASSERT_TRUE(notes.has_value());
  EXPECT_GT(notes->at("n_clusters").get<int>(), 0);
  EXPECT_GT(notes->at("n_fill").get<int>(), 0);
  EXPECT_GT(notes->at("mean_y").get<double>(), 0);
  collectively(comm, "", [&] {
    HealpixFile const map(universe / (stage->id() + "/compton_y.fits"));
    EXPECT_EQ(map.cards().at("MODEL"), "none");
    EXPECT_EQ(map.cards().at("PROFILE"), "battaglia2012");
    EXPECT_EQ(map.history().size(), 2U);
  });
}

/// Sum over a map of value x area.
double integral_of(HealpixFile const& map) {
  double sum = 0;
  for (float const value : map.read({0, map.n_pixels()})) sum += value;
  return sum * 4 * std::numbers::pi / real(map.n_pixels());
}

/// Electrons of every image of a cluster, as if no other claimed any.
struct Electrons {
  double tau = 0, ksz = 0, ksz_of_either_sign = 0;  ///< [sr], [uK sr]
};
Electrons electrons_of_clusters(PaintedUniverse const& universe, Vec3 const& observer) {
  auto const& table = universe.table();
  double const h = table.cosmology.h, near = table.cosmology.comoving_distance(0.005),
               far = table.cosmology.comoving_distance(0.03), box = PaintedUniverse::box;
  Lattice const lattice(box, box * observer, {ReplicaRule::tiles, 1});
  Electrons all;
  for (auto const& cluster : table.clusters) {
    auto const shape = density_table().front().shape(cluster.m200c, h, table.redshift);
    // Mass of the gas within 4 R200: rho = f_b rho_crit p, rho_crit = 3 M / (800 pi R^3).
    double const gas_msun = 3.0 / 800 / std::numbers::pi * gnfw_volume_integral(shape, 4) *
                            table.cosmology.baryon_fraction() * cluster.m200c * 1e10 / h;
    double const electrons = gas_msun * units::gram_per_msun * 0.88 / 1.67262192e-24;
    for (int image = 0; image < 125; ++image) {
      Cell const cell{static_cast<std::int16_t>(image / 25 - 2),
                      static_cast<std::int16_t>(image / 5 % 5 - 2),
                      static_cast<std::int16_t>(image % 5 - 2)};
      auto const how = lattice.orientation(cell, 0);
      Vec3 const seen = lattice.seen(cluster.position, how, cell);
      if (norm(seen) < near || norm(seen) >= far) continue;
      double const a = 1 / (1 + table.cosmology.redshift_at(norm(seen)));
      double const distance_cm = a * norm(seen) / h * units::cm_per_kpc;
      double const tau = electrons * units::sigma_thomson_cm2 / (distance_cm * distance_cm);
      double const away = dot(how.turn.matrix() * cluster.velocity, unit(seen));
      all.tau += tau;
      all.ksz -= tau * away / 299792.458 * 2.7255e6;
      all.ksz_of_either_sign += tau * std::abs(away) / 299792.458 * 2.7255e6;
    }
  }
  return all;
}

TEST(SkyStage, ShowsTheElectronsOfTheClustersAndTheirMotion) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 4, 10);
  // The gas that has no pressure where the skirts begin has electrons there.
  if (comm.is_root()) universe.write_predictions(universe.all_rows(), false, 1.3);
  comm.barrier();
  auto const stage =
      universe.sky({"sky.fields=compton_y,tau,ksz", "sky.fill=no", "sky.observer=0.3,0.9,0.02"});
  ASSERT_TRUE(universe.run(comm, *stage));
  auto const expected = electrons_of_clusters(universe, {0.3, 0.9, 0.02});
  std::string data_sums;
  collectively(comm, "", [&] {
    HealpixFile const tau(universe / (stage->id() + "/tau.fits")),
        ksz(universe / (stage->id() + "/ksz.fits"));
    std::ifstream in(universe / (stage->id() + "/sky.json"));
    auto const report = nlohmann::json::parse(in);
    // Clusters 0 and 1 claim parts of each other. A sphere is a little brighter than its centre.
    auto const& figures = report.at("fields").at("tau");
    double const lost = figures.at("tau_lost_sr");
    EXPECT_GT(lost, 0.01 * expected.tau);
    EXPECT_NEAR((integral_of(tau) + lost) / expected.tau, 1, 0.01);
    EXPECT_LT(figures.at("sum_rule_residual").get<double>(), 1e-6);
    double const ksz_lost = report.at("fields").at("ksz").at("ksz_lost_sr");
    EXPECT_NEAR(integral_of(ksz) + ksz_lost, expected.ksz, 0.01 * expected.ksz_of_either_sign);
    EXPECT_EQ(ksz.cards().at("TUNIT1"), "uK_CMB");
    EXPECT_EQ(ksz.cards().at("PROFILE"), "battaglia2016");
    EXPECT_EQ(ksz.cards().at("SOURCE"), "PROFILE");
    EXPECT_EQ(ksz.cards().at("MODEL"), "none");
    EXPECT_EQ(ksz.cards().at("NMASSDIS"), "0");  // two, as the prediction says
    EXPECT_EQ(report.at("skirts_painted_sr"), 0);
    EXPECT_EQ(tau.cards().at("NCLUSTER"),
              HealpixFile(universe / (stage->id() + "/compton_y.fits")).cards().at("NCLUSTER"));
    data_sums = tau.cards().at("DATASUM") + ksz.cards().at("DATASUM");
  });
  comm.barrier();
  universe.run_on(false, comm, *stage, 0, false);  // the same on one rank
  collectively(comm, "", [&] {
    EXPECT_EQ(HealpixFile(universe / (stage->id() + "/tau.fits")).cards().at("DATASUM") +
                  HealpixFile(universe / (stage->id() + "/ksz.fits")).cards().at("DATASUM"),
              data_sums);
  });
}

TEST(SkyStage, NamesNoTrainedModelWhereItsPressureIsNotShown) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 4, 10);
  SkyOptions options;
  options.density = &density_table().front();
  std::vector<SnapshotInstance> const snapshots;
  auto plan = universe.plan(options);
  plan.trained = {"other/model.h5"};
  Tally const tally(1e-20);
  auto const record = [&](Field const& field) {
    return SkyRecord{options,
                     snapshots,
                     plan,
                     universe.table(),
                     1,
                     2,
                     "hash",
                     "hash",
                     {0.9, 1.1},
                     "code",
                     {tally, tally, tally},
                     {field, tally, {}, 0}};
  };
  Field const &y = field_of_product("compton_y"), &ksz = field_of_product("ksz");
  std::string const in_another_run = "setsz train: in another run, see MODELSHA";
  EXPECT_EQ(std::ranges::count(sky_header(record(y)).history, in_another_run), 1);
  EXPECT_EQ(std::ranges::count(sky_header(record(ksz)).history, in_another_run), 0);
  EXPECT_EQ(sky_header(record(ksz)).history.back(),
            "setsz sky: kinetic SZ of the haloes around the observer");
  auto const listed = lightcone_texts(record(ksz)).history;  // with their Compton y
  EXPECT_EQ(listed, sky_header(record(y)).history);
}

TEST(SkyStage, RefusesTheKineticEffectOfHaloesWithoutVelocities) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 4, 10);
  auto table = universe.table();
  table.clusters.edit()[2].velocity.y = std::nan("");
  auto const error = [&](std::string const& fields) {
    auto const stage = universe.sky({"sky.fields=" + fields});
    Outlook outlook{RunOptions{}};
    outlook.expect("catalog/z0/clusters.h5", table);
    return test::error_of([&] { stage->preflight(comm, outlook); });
  };
  EXPECT_EQ(error("compton_y,tau"), "no error");
  EXPECT_TRUE(
      test::contains(error("ksz"), concat("78 [sky] fields: ksz needs the velocities of haloes, "
                                          "but cluster ",
                                          table.clusters[2].id)));
  table.mass_definition = "200m";
  EXPECT_TRUE(test::contains(error("tau"), "gas_density = battaglia2016 is a function of M200c"));
  EXPECT_EQ(error("compton_y"), "no error");
}

TEST(SkyStage, SaysWhatIsWrongWithAPrediction) {
  Comm const comm = Comm::world();
  PaintedUniverse const universe(comm, 5, 20);
  auto const stage = universe.sky({});
  universe.expect_prediction_errors(comm, *stage);
}

}  // namespace
}  // namespace setsz
