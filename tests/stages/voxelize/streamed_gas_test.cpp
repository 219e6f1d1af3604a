// SPDX-License-Identifier: BSD-3-Clause
// What the check before work, which reads a sample of the masses, does not see: other masses, and
// fields of the gas that contradict each other.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "io/snapshot_writer.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/units.hpp"
#include "stages/voxelize/voxelize_stage.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

constexpr double box = 8192, size = 161.27;  // of a cell: they fill the box
constexpr std::int64_t n_gas = 64 * 2048;    // of 2048 cells the sample takes 1024
bool is_sampled(std::int64_t row) { return row % 2048 < 1024; }

class StreamedGas : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};

  /// Gas of all baryons; cells out of the sample have `factor` times their mass.
  void hold(double factor, double density_factor = 1, double electrons = 1.158) {
    auto const cosmology = Cosmology{};
    if (comm_.is_root()) {
      GasFile gas;
      double const mass = cosmology.omega_b * units::rho_crit_0 * box * box * box / real(n_gas);
      for (std::int64_t i = 0; i < n_gas; ++i) {
        Random random(1, Purpose::test, static_cast<std::uint64_t>(i));
        gas.position.push_back(box * Vec3{random.uniform(), random.uniform(), random.uniform()});
        gas.id.push_back(static_cast<std::uint64_t>(i) + 1);
        gas.mass.push_back(is_sampled(i) ? mass : factor * mass);
        gas.density.push_back(density_factor * gas.mass.back() / (size * size * size));
        gas.internal_energy.push_back(1e5);
        gas.electron_abundance.push_back(electrons);
        gas.star_formation_rate.push_back(0);
      }
      SnapshotHeader header;
      header.box_ckpch = box;
      header.n_particles[0] = n_gas;
      write_snapshot_file(scratch_ / "snap_099.hdf5", header, 1, {n_gas}, nullptr, &gas);
      std::filesystem::create_directories(scratch_ / "catalog/z0");
    }
    comm_.barrier();
    ClusterTable table;
    table.box_ckpch = box;
    table.mass_definition = "200c";
    Cluster cluster;
    cluster.id = 1;
    cluster.position = {4000, 4000, 4000};
    cluster.m200c = 1000, cluster.r200c = 256, cluster.v200 = cluster.p200 = 1;
    table.clusters = {cluster};
    table.split = {Split::training};
    write_clusters(comm_, scratch_ / "catalog/z0/clusters.h5", table);
  }

  std::string verdict(int stop_after = 0, std::string const& implausible = "warn") const {
    auto const config = Configuration::parse(
        concat("[run]\ndirectory = ", scratch_.path(),
               "\nslice_rows = 4000\n[snapshot.z0]\ngas = ", scratch_ / "snap_099.hdf5",
               "\n[voxelize]\nn_voxels = 4\nimplausible_gas = ", implausible, "\n"),
        "test.ini", {},
        {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<CosmologySection>(),
         schema_of<VoxelizeOptions>()});
    VoxelizeStage stage(config, snapshot_instances(config).front());
    Outlook outlook(config.get<RunOptions>());
    stage.preflight(comm_, outlook);  // nothing is wrong with its header and its sample
    return test::error_of([&] {
      if (stop_after > 0) {
        test::StageContext first(comm_, config.get<RunOptions>(), stage);
        first.stop_after(stop_after);
        EXPECT_THROW(stage.run(first), test::StoppedInTest);
      }
      test::StageContext context(comm_, config.get<RunOptions>(), stage);
      stage.run(context);
    });
  }
  bool is_written() const { return std::filesystem::exists(scratch_ / "voxelize/z0/pressure.h5"); }
};

TEST_F(StreamedGas, RefusesMassesThatTheSampleDidNotSee) {
  hold(1e3);
  for (int const stop_after : {0, 3}) {
    auto const text = verdict(stop_after);
    EXPECT_TRUE(test::contains(text, "65 the mean density of the particles of type 0 in '"));
    EXPECT_TRUE(test::contains(text, "which is 500.5"));
    EXPECT_TRUE(test::contains(text, "the sum of all 131072 particles as they were read"));
    EXPECT_EQ(comm_.broadcast(text, 0), text);
    EXPECT_FALSE(is_written());
  }
}

TEST_F(StreamedGas, AcceptsTheRightMasses) {
  hold(1);
  EXPECT_EQ(verdict(3)[0], 'n');
  EXPECT_TRUE(is_written());
}

TEST_F(StreamedGas, RefusesDensitiesThatDoNotFillTheBox) {
  hold(1, std::pow(Cosmology{}.h, 2));
  for (int const stop_after : {0, 3})
    EXPECT_TRUE(test::contains(verdict(stop_after, "refuse"),
                               "65 mass/density of all gas cells adds up to 2.1"));
  EXPECT_FALSE(is_written());
}

TEST_F(StreamedGas, RefusesHotGasWithoutItsElectrons) {
  hold(1, 1, 0.5);
  EXPECT_TRUE(test::contains(verdict(0, "refuse"), "65 gas above 10^6 K has 0.5 electrons"));
  hold(1);
  EXPECT_TRUE(test::contains(verdict(0, "refuse"), "within R200")) << "all that a toy lacks";
}

}  // namespace
}  // namespace setsz
