// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/extract_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <tuple>

#include "model/column_choice.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cluster_sampler.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/extract/canonical_order.hpp"
#include "stages/extract/cluster_properties.hpp"
#include "workplace.hpp"

namespace setsz {
namespace {

using test::SmallUniverse;
using test::Workplace;

/// Every particle against every cluster, by the definition.
OrderedParticles brute_force(DarkMatterRows const& rows, Cluster const& cluster, double radius,
                             CellGrid const& grid) {
  OrderedParticles expected;
  expected.grid = grid;
  PeriodicBox const box(SmallUniverse::edge);
  for (std::size_t i = 0; i < rows.id.size(); ++i) {
    Vec3 const q = box.offset(cluster.position, rows.position[i]);
    if (norm2(q) >= radius * radius) continue;
    Vec3 const v = rows.velocity[i] - cluster.velocity;
    std::uint64_t const key = hash64(1, rows.id[i]);
    KeptParticle kept{};
    kept.key = {static_cast<std::uint32_t>(key >> 32), static_cast<std::uint32_t>(key)};
    for (std::size_t k = 0; k < 3; ++k) {
      kept.q[k] = single(q[k]);
      kept.v[k] = single(v[k]);
    }
    kept.mass = single(rows.mass[i]);
    expected.particles.push_back(kept);
  }
  auto const rank = [&](KeptParticle const& p) {
    return std::tuple(grid.cell_of(p.q[0], p.q[1], p.q[2]), p.key);
  };
  std::sort(expected.particles.begin(), expected.particles.end(),
            [&](auto const& a, auto const& b) { return rank(a) < rank(b); });
  return expected;
}

void expect_equal_to_brute_force(Workplace const& workplace, std::string const& product,
                                 double radius_r200, double local_radius) {
  Snapshot const snapshot(find_snapshot_files(workplace / "snap"), Snapshot::Kind::dark_matter);
  auto const rows = snapshot.read_dark_matter({0, snapshot.n_rows()});
  auto const table = read_clusters(workplace / "catalog/z0/clusters.h5");
  ParticleStore const store(product);
  ASSERT_EQ(store.n_clusters(), table.size());
  for (std::int64_t c = 0; c < table.size(); ++c) {
    auto const& cluster = table.clusters[c];
    double const radius = std::max(radius_r200 * cluster.r200c, 2 * cluster.r200c + local_radius);
    EXPECT_EQ(store.radius(c), radius);
    EXPECT_EQ(store.local_radius(c), local_radius);
    auto const found = store.load(c);
    auto const expected = brute_force(rows, cluster, radius, found.grid);
    ASSERT_GT(expected.particles.size(), 500U);
    ASSERT_EQ(found.x.size(), expected.particles.size());
    for (std::size_t i = 0; i < found.x.size(); ++i) {
      auto const& p = expected.particles[i];
      ASSERT_EQ((std::array{found.x[i], found.y[i], found.z[i]}), p.q) << "particle " << i;
      ASSERT_EQ((std::array{found.vx[i], found.vy[i], found.vz[i]}), p.v) << "particle " << i;
      std::size_t const cell = found.grid.cell_of(p.q[0], p.q[1], p.q[2]);
      ASSERT_LE(found.first_in_cell[cell], static_cast<std::int32_t>(i));
      ASSERT_GT(found.first_in_cell[cell + 1], static_cast<std::int32_t>(i));
    }
    auto const properties =
        cluster_properties(expected.particles, cluster, radius_r200 * cluster.r200c, table.a,
                           snapshot.header().mass_table[1]);
    EXPECT_TRUE(std::ranges::equal(store.scalars(c), properties.scalars));
    EXPECT_TRUE(std::ranges::equal(store.vectors(c), properties.vectors));
    EXPECT_TRUE(std::ranges::equal(store.shells(c), properties.shells));
    EXPECT_EQ(store.mass_within_r200(c), properties.mass_within_r200);
    EXPECT_EQ(store.particle_mass(c), properties.particle_mass);
  }
}

TEST(ExtractStage, EqualsBruteForceExactly) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto const product = workplace.run(comm, "a");
  expect_equal_to_brute_force(workplace, product, 2.5, 310);
  EXPECT_EQ(workplace.notes.at("clusters"), 6);
}

TEST(ExtractStage, KeepsWholeLocalSpheresWhereTheyNeedMoreThanTheRadius) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto const product =
      workplace.run(comm, "a", 4000, {"extract.radius=2.6", "extract.local_radius=550"});
  expect_equal_to_brute_force(workplace, product, 2.6, 550);
}

TEST(ExtractStage, FlagsClustersWhoseParticlesHaveAnotherMass) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto const table = read_clusters(workplace / "catalog/z0/clusters.h5");
  for (double const agreement : {0.0, 0.3, 10.0}) {
    ParticleStore const store(
        workplace.run(comm, "a", 4000, {concat("extract.mass_agreement=", agreement)}));
    std::int64_t n_flagged = 0;
    for (std::int64_t c = 0; c < table.size(); ++c) {
      auto const& cluster = table.clusters[c];
      auto const particles = store.load(c);
      double mass = 0;
      for (std::size_t i = 0; i < particles.x.size(); ++i)
        if (norm(Vec3{particles.x[i], particles.y[i], particles.z[i]}) < cluster.r200c)
          mass += SmallUniverse::particle_mass;
      EXPECT_NEAR(store.mass_within_r200(c), mass / cluster.m200c, 1e-12);
      EXPECT_EQ(store.mass_disagrees(c), std::abs(mass / cluster.m200c - 1) > agreement) << c;
      n_flagged += store.mass_disagrees(c);
    }
    EXPECT_EQ(workplace.notes.at("clusters_with_another_mass"), n_flagged);
    EXPECT_EQ(n_flagged == table.size(), agreement == 0);
    EXPECT_EQ(n_flagged == 0, agreement == 10);
  }
}

TEST(ExtractStage, AMirroredBoxGivesColumnsOfTheirParity) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe;
  workplace.hold(universe);
  ParticleStore const before(workplace.run(comm, "a"));
  PeriodicBox const box(SmallUniverse::edge);
  auto const mirror = [](Vec3 const& v) { return Vec3{v.x, v.y, -v.z}; };
  for (auto& position : universe.particles.position) position = box.wrap(mirror(position));
  for (auto& velocity : universe.particles.velocity) velocity = mirror(velocity);
  for (auto& cluster : universe.table.clusters.edit()) {
    cluster.position = box.wrap(mirror(cluster.position));
    cluster.velocity = mirror(cluster.velocity);
    cluster.angular_momentum = -mirror(cluster.angular_momentum);  // a cross product
  }
  workplace.hold(universe);
  ParticleStore const after(workplace.run(comm, "b"));
  for (std::int64_t c = 0; c < before.n_clusters(); ++c) {
    for (std::size_t k = 0; k < n_cluster_scalars; ++k)
      EXPECT_NEAR(after.scalars(c)[k], before.scalars(c)[k], 1e-10)
          << c << " " << before.columns().scalars[k];
    for (std::size_t k = 0; k < n_cluster_vectors; ++k) {
      auto const& [name, parity] = before.columns().vectors[k];
      Vec3 const e = mirror(before.vectors(c)[k]);
      double const cosine = dot(after.vectors(c)[k], e);
      double const expected = parity == Parity::axial      ? -1
                              : parity == Parity::headless ? std::copysign(1, cosine)
                                                           : 1;
      EXPECT_NEAR(cosine, expected, 1e-10) << c << " " << name;
    }
    for (std::size_t b = 0; b < n_cluster_shells; ++b)
      EXPECT_NEAR(norm(after.shells(c)[b] - mirror(before.shells(c)[b])), 0, 1e-12);
  }
}

TEST(ExtractStage, HandsOnTheColumnsThatANetworkChooses) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  ParticleStore const store(workplace.run(comm, "a"));
  auto const table = read_clusters(workplace / "catalog/z0/clusters.h5");
  ColumnChoice const choice{.scalars = {"ln_a", "mass_1", "xoff"},
                            .vectors = {"inertia_2", "centre_of_mass"},
                            .drop = {}};
  for (std::int64_t c = 0; c < table.size(); ++c) {
    auto const input = cluster_input(table, store, c, choice.columns());
    ASSERT_EQ(input.scalars.size(), 3);
    EXPECT_EQ(input.scalars[0], std::log(SmallUniverse::a));
    EXPECT_NEAR(input.scalars[1], store.mass_within_r200(c), 1e-12);
    EXPECT_EQ(input.scalars[2], store.scalars(c)[1]);
    EXPECT_EQ(input.vectors, (std::vector{store.vectors(c)[3], store.vectors(c)[1]}));
    EXPECT_EQ(input.shells, store.shells(c));
    EXPECT_EQ(input.particle_mass, SmallUniverse::particle_mass);
    // 0.3089 x 27.75e10 Msun/h in a cubic Mpc/h
    EXPECT_NEAR(input.mean_density * 1e9 / 27.7536627, table.cosmology.omega_m, 1e-12);
  }
}

TEST(ExtractStage, TakesParticlesOfDifferentMasses) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe;
  for (std::size_t i = 0; i < universe.particles.id.size(); ++i)
    universe.particles.mass.push_back(i % 3 == 0 ? 2.5 : 5);
  workplace.hold(universe);
  auto const product = workplace.run(comm, "a");
  expect_equal_to_brute_force(workplace, product, 2.5, 310);
  EXPECT_EQ(ParticleStore(product).particle_mass(), 0);
}

TEST(ExtractStage, DoesNotDependOnRanksSlicesFilesOrRowOrder) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe;
  workplace.hold(universe, 3);
  auto const expected = h5_content_hash(workplace.run(comm, "a", 4000));
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "b", 777)), expected) << "slices of 777 rows";
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "c", 1000000)), expected) << "one slice";
  if (comm.is_root()) {
    EXPECT_EQ(h5_content_hash(workplace.run(Comm::self(), "d")), expected) << "one rank";
  }
  comm.barrier();
  universe.shuffle();
  workplace.hold(universe, 5);
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "e")), expected) << "other files and rows";
}

TEST(ExtractStage, ExchangesInPiecesThatFitTheMemory) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto const expected = h5_content_hash(workplace.run(comm, "a"));
  auto options = workplace.options(4000);
  options.memory_mb = 1;  // far below what arrives in a round
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "b", options)), expected);
}

TEST(ExtractStage, IsBitExactUnderAShiftOfTheBoxByAQuarter) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto const expected = h5_content_hash(workplace.run(comm, "a"));
  constexpr double quarter = SmallUniverse::edge / 4;
  for (Vec3 const shift : {Vec3{quarter, 0, 0}, {2 * quarter, quarter, 3 * quarter}}) {
    workplace.hold(SmallUniverse(30000, shift));
    EXPECT_EQ(h5_content_hash(workplace.run(comm, "b")), expected);
  }
}

TEST(ExtractStage, ResumesFromACheckpointOnAnyNumberOfRanks) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto const expected = h5_content_hash(workplace.run(comm, "whole", 1000));

  ASSERT_TRUE(workplace.run_until(comm, "same", 3));
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "same", 1000)), expected);

  ASSERT_TRUE(workplace.run_until(comm, "twice", 2, 1));  // checkpoints before and at the stop
  ASSERT_TRUE(workplace.run_until(comm, "twice", 3));
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "twice", 500)), expected);

  ASSERT_TRUE(workplace.run_until(comm, "fewer", 4));
  if (comm.is_root()) {
    EXPECT_EQ(h5_content_hash(workplace.run(Comm::self(), "fewer", 1000)), expected);
    ASSERT_TRUE(workplace.run_until(Comm::self(), "more", 7));
  }
  comm.barrier();
  EXPECT_EQ(h5_content_hash(workplace.run(comm, "more", 1000)), expected);
}

TEST(ExtractStage, RefusesAJournalThatDoesNotSayWhichSlicesItCounts) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  if (comm.is_root()) std::filesystem::create_directories(workplace / "a");
  comm.barrier();
  {
    Journal journal(comm, workplace / "a/journal", workplace.stage().record().settings.lines());
    journal.commit(8000);  // rows, as they were counted until 0.2.0
  }
  auto const text = test::error_of([&] { workplace.run(comm, "a"); });
  EXPECT_TRUE(test::contains(text, "78 the extraction was stopped in a version")) << text;
  EXPECT_TRUE(test::contains(text, "--force")) << text;
}

TEST(ExtractStage, ReadsEveryHeaderOnceAndThenOpensWhatItStreams) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  constexpr std::int64_t n_files = 61;
  workplace.hold(SmallUniverse(), n_files);
  auto const opened = [&](auto&& body) {
    auto const before = H5File::n_opened;
    body();
    return comm.all_sum(H5File::n_opened - before);
  };
  // The first one tells how many there are, and a sample is taken from all 60 that have rows.
  EXPECT_EQ(opened([&] { workplace.preflight(comm); }), n_files + 1 + 60 + 1);  // and clusters.h5
  // Slices of 4000 rows begin and end inside files; products are opened to be read back.
  std::int64_t const others = 2 * 8 + 5 * comm.size();
  EXPECT_LE(opened([&] { workplace.run(comm, "a", 4000); }), 2 * n_files + others);
  EXPECT_LE(opened([&] {
              if (comm.is_root()) workplace.estimate(comm.size());
            }),
            3);
}

TEST(ExtractStage, ChecksTheFilesBeforeWorkBegins) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse(), 5);
  workplace.preflight(comm);
  if (comm.is_root()) test::write_bytes(workplace / "snap/snap.3.hdf5", "");
  comm.barrier();
  auto const text = test::error_of([&] { workplace.preflight(comm); });
  EXPECT_TRUE(test::contains(text, concat("65 '", workplace / "snap/snap.3.hdf5", "' is empty")));
  EXPECT_EQ(test::error_of([&] { workplace.run(comm, "a"); }), text);
}

TEST(ExtractStage, ChecksThatTheSpheresFitIntoTheBox) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  std::vector<std::string> const large{"extract.local_radius=90000"};
  auto const text = test::error_of([&] { workplace.preflight(comm, large); });
  EXPECT_TRUE(test::contains(text, "78 the sphere of a cluster has radius")) << text;
  auto const in_the_run = test::error_of([&] { workplace.run(comm, "a", 4000, large); });
  EXPECT_TRUE(test::contains(in_the_run, text)) << in_the_run;
}

TEST(ExtractStage, WorksWithMoreRanksThanClusters) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe;
  universe.table.clusters.edit().resize(1);
  universe.table.split.resize(1);
  workplace.hold(universe);
  expect_equal_to_brute_force(workplace, workplace.run(comm, "a"), 2.5, 310);
}

TEST(ExtractStage, IsUpToDateOnlyForTheSameOptions) {
  auto const comm = Comm::world();
  Workplace const workplace(comm);
  auto const fingerprint = [&](std::vector<std::string> const& overrides) {
    return workplace.stage(overrides).record().settings.hex();
  };
  auto const expected = fingerprint({});
  EXPECT_EQ(fingerprint({"run.memory_mb=3000", "run.checkpoint_minutes=3"}), expected);
  for (auto const* option :
       {"extract.radius=3", "extract.local_radius=320", "extract.mass_agreement=0.2",
        "extract.particle_mass=5e11", "run.seed=2"})
    EXPECT_NE(fingerprint({option}), expected) << option;
  // Models without local spheres ask for nothing; of the others the largest of each unit counts.
  EXPECT_EQ(fingerprint({"model.a.modules=gnfw,origin", "model.a.local_radius=900"}), expected);
  auto const wide = fingerprint({"extract.local_radius=450"});
  EXPECT_EQ(fingerprint({"model.a.local_radius=450", "model.b.local_radius=400"}), wide);
  EXPECT_NE(fingerprint({"model.a.local_radius=0.45", "model.a.local_radius_unit=R200"}), wide);
}

TEST(ExtractStage, EstimatesWhatItWillKeep) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto const one = workplace.estimate(1);
  auto const three = workplace.estimate(3);
  EXPECT_GT(one.memory_bytes, three.memory_bytes);
  EXPECT_EQ(one.output_bytes, three.output_bytes);
  EXPECT_GT(one.seconds, 0);
  EXPECT_NE(one.note.find("6 clusters"), std::string::npos) << one.note;
}

struct BadInput {
  std::string what;
  void (*spoil)(SmallUniverse&);
  ExitCode code;
  std::string message;
  friend void PrintTo(BadInput const& input, std::ostream* out) { *out << input.what; }
};

class ExtractRefuses : public testing::TestWithParam<BadInput> {};
INSTANTIATE_TEST_SUITE_P(
    Input, ExtractRefuses,
    testing::Values(
        BadInput{"AnotherBox", [](SmallUniverse& u) { u.table.box_ckpch = 8.192; },
                 ExitCode::bad_data, "BoxSize"},
        BadInput{"AnotherTime", [](SmallUniverse& u) { u.table.a = 0.79; }, ExitCode::bad_data,
                 "Time"},
        BadInput{"AnotherCosmology", [](SmallUniverse& u) { u.table.cosmology.omega_m = 0.25; },
                 ExitCode::bad_data, "Omega0"},
        BadInput{"AClusterInEmptySpace",
                 [](SmallUniverse& u) {
                   u.particles.position.assign(u.particles.position.size(), {100, 100, 100});
                   for (auto& cluster : u.table.clusters.edit())
                     cluster.position = {4000, 4000, 4000};
                 },
                 ExitCode::bad_data, "no particle within"},
        BadInput{"AParticleTwice",
                 [](SmallUniverse& u) {
                   u.particles.position[1] = u.particles.position[5];
                   u.particles.id[1] = u.particles.id[5];
                 },
                 ExitCode::bad_data, "same ParticleID"},
        BadInput{"AParticleTwiceInACluster",
                 [](SmallUniverse& u) {
                   u.particles.position[1] = {3900, 4000, 4000};
                   u.particles.position[29999] = {4100, 4000, 4000};
                   u.particles.id[29999] = u.particles.id[1];
                 },
                 ExitCode::bad_data, "same ParticleID"},
        BadInput{"ASphereLargerThanHalfTheBox",
                 [](SmallUniverse& u) { u.table.clusters.edit()[2].r200c = 2000; },
                 ExitCode::config, "half the box"}),
    [](auto const& test) { return test.param.what; });

TEST_P(ExtractRefuses, WithOneMessageOnAllRanks) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  SmallUniverse universe;
  GetParam().spoil(universe);
  workplace.hold(universe);
  try {
    workplace.run(comm, "a");
    FAIL() << "accepted";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), GetParam().code) << error.what();
    EXPECT_TRUE(test::contains(error.what(), GetParam().message));
  }
}

TEST(ExtractStage, RefusesSlicesThatDoNotFitTheMemory) {
  auto const comm = Comm::world();
  Workplace workplace(comm);
  workplace.hold(SmallUniverse());
  auto options = workplace.options(1000000);
  options.memory_mb = 10;
  Outlook outlook(options);
  EXPECT_TRUE(test::contains(test::error_of([&] { workplace.stage().preflight(comm, outlook); }),
                             "run.slice_rows"));
}

}  // namespace
}  // namespace setsz
