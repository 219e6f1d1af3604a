// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/moments_stage.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "random_cluster.hpp"
#include "stages/common/moment_file.hpp"
#include "stages/extract/particle_file.hpp"
#include "tests/fixtures/cube_products.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

constexpr double particle_mass = 30;
constexpr std::int64_t n_clusters = 7;

ParticleBlocks particles_of(Cluster const& cluster, std::int64_t n, double radius) {
  ParticleBlocks blocks(1);
  for (std::uint64_t i = 0; std::ssize(blocks[0]) < n; ++i) {
    Random random(4, Purpose::test, i, static_cast<std::uint64_t>(cluster.id));
    Vec3 const normal{random.normal(), random.normal(), random.normal()};
    Vec3 const q = cluster.r200c * (Vec3{0.1, 0, -0.05} + 1.5 * random.uniform() * normal);
    Vec3 const v{300 * random.normal(), 300 * random.normal(), 300 * random.normal() + 50};
    if (norm(q) >= radius) continue;
    std::uint64_t const key = hash64(9, i);
    blocks[0].push_back({{static_cast<std::uint32_t>(key >> 32), static_cast<std::uint32_t>(key)},
                         {single(q.x), single(q.y), single(q.z)},
                         {single(v.x), single(v.y), single(v.z)},
                         single(particle_mass)});
  }
  return blocks;
}

class MomentsStageTest : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};
  ClusterTable const table_ = test::some_clusters(n_clusters, 1);

  /// clusters.h5 and particles.h5, with 400 to 1600 particles within `radius` a cluster.
  void make_inputs(double radius_r200 = 2.6, double mass = particle_mass) const {
    collectively(comm_, "", [&] {
      if (!comm_.is_root()) return;
      auto const self = Comm::self();
      std::filesystem::create_directories(scratch_ / "catalog/z0");
      std::filesystem::create_directories(scratch_ / "extract/z0");
      write_clusters(self, scratch_ / "catalog/z0/clusters.h5", table_);
      std::vector<double> radii, local_radii(n_clusters, 310);
      std::vector<std::int64_t> counts;
      std::vector<OrderedParticles> particles;
      std::vector<ClusterProperties> properties;
      for (auto const& cluster : table_.clusters) {
        radii.push_back(radius_r200 * cluster.r200c);
        counts.push_back(400 + 200 * std::ssize(counts));
        particles.push_back(in_canonical_order(
            particles_of(cluster, counts.back(), radii.back()),
            CellGrid::for_cluster(counts.back(), radii.back(), local_radii.back())));
        properties.push_back(
            cluster_properties(particles.back().particles, cluster, radii.back(), 1, mass));
      }
      ParticleFileLayout const layout(counts, radii, local_radii);
      ParticleFileWriter writer(self, scratch_ / "extract/z0/particles.h5", table_, layout, mass);
      writer.write(0, particles);
      writer.write_properties(properties);
      writer.close();
    });
  }

  Configuration configuration(std::string const& keys) const {
    return Configuration::parse(
        concat("[run]\ndirectory = ", scratch_.path(),
               "\n[snapshot.z0]\n[voxelize]\nn_voxels = 9\n", keys),
        "test.ini", {},
        {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<CosmologySection>(),
         schema_of<VoxelizeOptions>(), schema_of<MomentsOptions>()});
  }

  /// Runs the stage in a folder of its own. \return  path of moments.h5
  std::string run(Comm const& comm, std::string const& folder, std::string const& keys = "",
                  int stop_after = 0, double memory_mb = 1000) const {
    auto const config = configuration(keys);
    auto options = config.get<RunOptions>();
    options.memory_mb = memory_mb;
    MomentsStage stage(config, snapshot_instances(config).front());
    test::StageContext context(comm, options, stage, folder);
    if (stop_after > 0) context.stop_after(stop_after);
    stage.run(context);
    return context.part("moments.h5");
  }
};

TEST_F(MomentsStageTest, WritesTheMomentsOfEveryClusterAtItsVoxels) {
  make_inputs();
  for (std::string const keys : {"", "fixed_edge = 4500\n"}) {
    MomentFile const file(run(comm_, "a", keys));
    ParticleStore const store(scratch_ / "extract/z0/particles.h5");
    MomentSettings const settings;
    auto const names = moment_columns(settings);
    ASSERT_EQ(file.size(), n_clusters);
    ASSERT_EQ(file.n_columns(), std::ssize(names));
    for (std::size_t c = 0; c < names.size(); ++c) EXPECT_EQ(file.columns()[c], names[c].name);
    EXPECT_EQ(file.scales_r200(), settings.scales_r200);
    file.require_clusters(table_);
    for (std::int64_t row = 0; row < n_clusters; ++row) {
      auto const& cluster = table_.clusters[row];
      CubeLattice const lattice{9, keys.empty() ? 5 : 4500 / cluster.r200c};
      file.require_lattice(row, lattice, cluster.r200c);
      double const n200 = cluster.m200c / particle_mass;
      auto const expected = cluster_moments(store.load(row), {cluster.r200c, cluster.v200, n200},
                                            TargetRows(lattice), settings);
      EXPECT_EQ(file.read(row), expected);
      EXPECT_EQ(file.n_targets(row) * file.n_columns(), std::ssize(expected));
      EXPECT_DOUBLE_EQ(file.scale_factor(row), std::max(1.0, std::cbrt(60 / n200)));
    }
    // The clusters differ in mass: some have few particles, most have enough.
    std::int64_t n_wider = 0;
    for (std::int64_t row = 0; row < n_clusters; ++row) n_wider += file.scale_factor(row) > 1;
    EXPECT_GE(n_wider, 1);
    EXPECT_LT(n_wider, n_clusters);
  }
}

TEST_F(MomentsStageTest, HasTheSameBytesOnAnyNumberOfRanks) {
  make_inputs();
  auto const together = run(comm_, "together");
  collectively(comm_, "", [&] {
    if (comm_.is_root()) run(Comm::self(), "alone");
  });
  auto const alone = scratch_ / "alone/moments.h5";
  EXPECT_EQ(h5_content_hash(together), h5_content_hash(alone));
  EXPECT_EQ(test::file_bytes(together), test::file_bytes(alone));
  // Small batches, written cluster by cluster.
  EXPECT_EQ(test::file_bytes(run(comm_, "batches", "", 0, 0.1)), test::file_bytes(alone));
}

TEST_F(MomentsStageTest, ResumesToTheSameBytesOnAnotherNumberOfRanks) {
  make_inputs();
  auto const whole = run(comm_, "whole");
  // One rank starts alone and is stopped; all ranks resume, are stopped, and finish.
  bool stopped = true;
  if (comm_.is_root()) {
    stopped = false;
    try {
      run(Comm::self(), "halted", "", 2, 0.1);
    } catch (test::StoppedInTest const&) {
      stopped = true;
    }
  }
  EXPECT_TRUE(stopped);
  comm_.barrier();
  EXPECT_THROW(run(comm_, "halted", "", 1, 0.1), test::StoppedInTest);
  EXPECT_EQ(test::file_bytes(run(comm_, "halted")), test::file_bytes(whole));
}

TEST_F(MomentsStageTest, SaysWhatIsWrongWithItsInputs) {
  make_inputs(2.3);
  auto const radius = test::error_of([&] { run(comm_, "a"); });
  EXPECT_TRUE(test::contains(radius, "78 "));
  EXPECT_TRUE(test::contains(radius, "raise [extract] radius"));
  make_inputs(2.6, 0);
  auto const mass = test::error_of([&] { run(comm_, "a"); });
  EXPECT_TRUE(test::contains(mass, "65 "));
  EXPECT_TRUE(test::contains(mass, "differ in mass"));
  auto const order = test::error_of([&] { run(comm_, "a", "[moments]\nscales = 0.2, 0.1\n"); });
  EXPECT_TRUE(test::contains(order, "78 "));
  EXPECT_TRUE(test::contains(order, "0.1 follows 0.2"));
}

TEST_F(MomentsStageTest, TheReaderRefusesOtherClustersAndLattices) {
  make_inputs();
  MomentFile const file(run(comm_, "a"));
  auto const r200c = table_.clusters[2].r200c;
  EXPECT_TRUE(test::contains(test::error_of([&] {
                               file.require_lattice(2, {10, 5}, r200c);
                             }),
                             "65 "));
  EXPECT_TRUE(test::contains(test::error_of([&] {
                               file.require_lattice(2, {9, 4.9}, r200c);
                             }),
                             "expected 9^3 and 4.9"));
  EXPECT_TRUE(test::contains(
      test::error_of([&] { file.require_clusters(test::some_clusters(n_clusters - 1, 1)); }),
      "holds 7 clusters"));
  auto other = table_;
  ++other.clusters.edit()[4].id;
  EXPECT_TRUE(
      test::contains(test::error_of([&] { file.require_clusters(other); }), "row 4 is cluster"));
}

TEST_F(MomentsStageTest, DependsOnTheLatticeButNotOnTheGas) {
  auto const settings = [&](std::string const& keys) {
    auto const config = configuration(keys);
    return MomentsStage(config, snapshot_instances(config).front()).record().settings.lines();
  };
  EXPECT_EQ(settings("cell_size = smoothing_length\nnormalised = yes\n"), settings(""));
  EXPECT_NE(settings("edge = 4\n"), settings(""));
  EXPECT_NE(settings("[moments]\nsoftening = 0.1\n"), settings(""));
}

}  // namespace
}  // namespace setsz
