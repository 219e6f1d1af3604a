// SPDX-License-Identifier: BSD-3-Clause
#include "stages/voxelize/voxelize_stage.hpp"
#include "stages/voxelize/pressure_cube.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "io/h5.hpp"
#include "io/snapshot.hpp"
#include "io/snapshot_writer.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/cube_file.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

constexpr double box = 8192;
constexpr std::int64_t n_gas = 3000;
constexpr std::int64_t n_voxels = 12;

/// Gas around three clusters (one across the corner of the box) and in the field, all positions on
/// multiples of 1/8, exact in float32 and under shifts by a quarter of the box.
GasFile make_gas(std::int64_t first, std::int64_t last, double shift) {
  GasFile gas;
  Vec3 const centres[] = {{1, 8190, 3}, {4000, 4000, 4000}, {4100, 4300, 4000}};
  for (std::int64_t i = first; i < last; ++i) {
    Random random(1, Purpose::test, static_cast<std::uint64_t>(i));
    Vec3 position;
    for (std::size_t d = 0; d < 3; ++d) {
      double x = i % 4 == 3 ? box * random.uniform() : centres[i % 4][d] + 300 * random.normal();
      x = std::floor(8 * x) / 8 + shift;
      position[d] = x - box * std::floor(x / box);
    }
    double const size = 20 + 100 * random.uniform();
    gas.position.push_back(position);
    gas.id.push_back(static_cast<std::uint64_t>(i) + 1);
    gas.mass.push_back(0.5);
    gas.density.push_back(0.5 / (size * size * size));
    gas.internal_energy.push_back(1e5 * (1 + random.uniform()));
    gas.electron_abundance.push_back(1.158);
    gas.star_formation_rate.push_back(i % 50 == 0 ? 1 : 0);
    gas.smoothing_length.push_back(i == 7 ? 3000 : 1.5 * size);
  }
  return gas;
}

ClusterTable make_table(double shift) {
  ClusterTable table;
  table.box_ckpch = box;
  table.mass_definition = "200c";
  int id = 0;
  for (Vec3 const& centre : {Vec3{1, 8190, 3}, Vec3{4000, 4000, 4000}, Vec3{4100, 4300, 4000}}) {
    Cluster cluster;
    cluster.id = ++id;
    for (std::size_t d = 0; d < 3; ++d) cluster.position[d] = std::fmod(centre[d] + shift, box);
    cluster.m200c = 1000.0 * id;
    auto const scales = halo_scales(table.cosmology, 0, cluster.m200c);
    cluster.r200c = 256 * (1 + id / 8.0);  // exact: voxel edges are, too
    cluster.v200 = scales.v200_kms;
    cluster.p200 = scales.p200_code;
    table.clusters.edit().push_back(cluster);
  }
  std::ranges::sort(table.clusters.edit(), [](auto const& a, auto const& b) {
    return in_row_order(a.position, a.id, b.position, b.id, box);
  });
  table.split.assign(table.clusters.size(), Split::training);
  return table;
}

/// A run directory with a gas snapshot of two files and clusters.h5.
class VoxelizeStageTest : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};

  void make_inputs(std::string const& name, double shift, bool with_smoothing_length = true) {
    std::string const folder = scratch_ / name;
    if (comm_.is_root()) {
      std::filesystem::create_directories(folder + "/gas");
      std::filesystem::create_directories(folder + "/catalog/z0");
      SnapshotHeader header;
      header.box_ckpch = box;
      header.n_particles[0] = n_gas;
      for (int file = 0; file < 2; ++file) {
        auto gas = make_gas(file * n_gas / 2, (file + 1) * n_gas / 2, shift);
        if (!with_smoothing_length) gas.smoothing_length.clear();
        write_snapshot_file(concat(folder, "/gas/snap_099.", file, ".hdf5"), header, 2, {n_gas / 2},
                            nullptr, &gas);
      }
    }
    comm_.barrier();
    write_clusters(comm_, folder + "/catalog/z0/clusters.h5", make_table(shift));
  }

  Configuration configuration(std::string const& name, std::string const& voxelize) const {
    std::string const folder = scratch_ / name;
    std::string const text =
        concat("[run]\ndirectory = ", folder, "\nslice_rows = 128\n[snapshot.z0]\ngas = ", folder,
               "/gas/snap_099.*.hdf5\n[cosmology]\nmatter_tolerance = 10\n[voxelize]\n"
               "implausible_gas = warn\nn_voxels = ",
               n_voxels, "\n", voxelize);
    return Configuration::parse(text, "test.ini", {},
                                {schema_of<RunOptions>(), schema_of<SnapshotSection>(true),
                                 schema_of<CosmologySection>(), schema_of<VoxelizeOptions>()});
  }

  /// Runs the stage with all ranks of `comm`. \return path of pressure.h5
  std::string run(Comm const& comm, std::string const& name, std::string const& voxelize,
                  int stop_after = 0) const {
    auto const config = configuration(name, voxelize);
    VoxelizeStage stage(config, snapshot_instances(config).front());
    test::StageContext context(comm, config.get<RunOptions>(), stage);
    if (stop_after > 0) context.stop_after(stop_after);
    stage.run(context);
    return context.part("pressure.h5");
  }
};

/// Every ball against every cube, one after the other, all images of the box.
std::vector<PressureCube> slow_cubes(std::string const& gas_pattern, CellSize cell_size) {
  Snapshot const snapshot(find_snapshot_files(gas_pattern), Snapshot::Kind::gas);
  auto const gas = snapshot.read_gas({0, snapshot.n_rows()});
  auto const table = make_table(0);
  BallOverlap overlap(n_voxels);
  std::vector<PressureCube> cubes(table.clusters.size(), PressureCube(n_voxels));
  for (std::size_t i = 0; i < gas.position.size(); ++i) {
    auto const ball = gas_ball(cell_size, gas.position[i], gas.mass[i], gas.density[i],
                               gas.electron_pressure[i], gas.smoothing_length[i]);
    for (std::size_t c = 0; c < cubes.size(); ++c) {
      double const edge = 5 * table.clusters[c].r200c;
      for (int image = 0; image < 27; ++image) {
        int const x = image / 9 - 1, y = image / 3 % 3 - 1, z = image % 3 - 1;
        Vec3 const shift{box * x, box * y, box * z};
        Vec3 const offset =
            ball.position + shift - table.clusters[c].position + Vec3{edge / 2, edge / 2, edge / 2};
        cubes[c].add(ball, offset, edge / real(n_voxels), overlap);
      }
    }
  }
  return cubes;
}

TEST_F(VoxelizeStageTest, EqualsEveryBallAgainstEveryCube) {
  make_inputs("a", 0);
  for (auto const& [option, cell_size] :
       {std::pair{"cell_size = volume\n", CellSize::volume},
        std::pair{"cell_size = smoothing_length\n", CellSize::smoothing_length}}) {
    CubeFile const file(run(comm_, "a", option));
    auto const expected = slow_cubes(scratch_ / "a" + "/gas/snap_099.*.hdf5", cell_size);
    auto const sum_pv = file.file().read_all<double>("/sum_pv");
    auto const table = make_table(0);
    ASSERT_EQ(file.size(), 3);
    ASSERT_EQ(file.n_voxels(), n_voxels);
    for (std::int64_t c = 0; c < 3; ++c) {
      std::size_t const at = c;
      auto const pressure = file.read(c), coverage = file.read(c, "/coverage");
      for (std::size_t v = 0; v < pressure.size(); ++v) {
        ASSERT_EQ(pressure[v], single(expected[at].amount()[v] / table.clusters[at].p200));
        ASSERT_EQ(coverage[v], single(expected[at].filled()[v]));
      }
      double const voxel = std::pow(file.edge_ckpch(c) / n_voxels, 3);
      EXPECT_NEAR(sum_pv[at] / (expected[at].total_amount() * voxel), 1, 1e-14);
      EXPECT_GT(sum_pv[at], 0);
    }
  }
}

TEST_F(VoxelizeStageTest, ResumesToTheSameBytesOnAnotherNumberOfRanks) {
  make_inputs("whole", 0);
  make_inputs("halted", 0);
  auto const whole = run(comm_, "whole", "");
  // One rank starts alone and is stopped; all ranks resume, are stopped, and finish.
  bool stopped = true;
  if (comm_.is_root()) {
    stopped = false;
    try {
      run(Comm::self(), "halted", "", 4);
    } catch (test::StoppedInTest const&) {
      stopped = true;
    }
  }
  EXPECT_TRUE(stopped);
  comm_.barrier();
  EXPECT_THROW(run(comm_, "halted", "", 2), test::StoppedInTest);
  auto const halted = run(comm_, "halted", "");
  EXPECT_EQ(test::file_bytes(halted), test::file_bytes(whole));
  EXPECT_GT(test::file_bytes(whole).size(), 3 * 12 * 12 * 12 * 8U);
}

TEST_F(VoxelizeStageTest, ShiftingTheBoxByAQuarterChangesNoBit) {
  make_inputs("here", 0);
  make_inputs("there", box / 4);
  CubeFile const here(run(comm_, "here", "")), there(run(comm_, "there", ""));
  auto const before = make_table(0), after = make_table(box / 4);
  for (std::int64_t c = 0; c < 3; ++c) {
    auto const id = before.clusters[c].id;
    for (std::int64_t d = 0; d < 3; ++d)
      if (after.clusters[d].id == id) {
        EXPECT_EQ(here.read(c), there.read(d));
      }
  }
}

TEST_F(VoxelizeStageTest, NormalisedDividesByTheShareThatGasFills) {
  make_inputs("a", 0);
  auto const option = "cell_size = smoothing_length\n";
  CubeFile const plain(run(comm_, "a", option));
  auto const pressure = plain.read(1), coverage = plain.read(1, "/coverage");
  CubeFile const normalised(run(comm_, "a", std::string(option) + "normalised = yes\n"));
  auto const divided = normalised.read(1);
  for (std::size_t v = 0; v < pressure.size(); ++v)
    EXPECT_NEAR(divided[v] * coverage[v], pressure[v], 1e-5F * pressure[v]);
}

TEST_F(VoxelizeStageTest, SaysWhatIsWrongWithItsInputs) {
  make_inputs("a", 0, false);
  auto const missing = test::error_of([&] { run(comm_, "a", "cell_size = smoothing_length\n"); });
  EXPECT_TRUE(test::contains(missing, "65 "));
  EXPECT_TRUE(test::contains(missing, "SmoothingLength"));
  EXPECT_TRUE(test::contains(missing, "cell_size = volume"));
  auto const large = test::error_of([&] { run(comm_, "a", "fixed_edge = 9000\n"); });
  EXPECT_TRUE(test::contains(large, "78 "));
  EXPECT_TRUE(test::contains(large, "9000 ckpc/h does not fit"));
  auto const option = test::error_of([&] { run(comm_, "a", "cell_size = kernel\n"); });
  EXPECT_TRUE(test::contains(option, "78 "));
}

TEST_F(VoxelizeStageTest, ChecksTheFilesBeforeWorkBeginsEachOnOneRank) {
  make_inputs("a", 0);
  auto const config = configuration("a", "");
  VoxelizeStage const stage(config, snapshot_instances(config).front());
  auto const before = H5File::n_opened;
  Outlook outlook{RunOptions{}};
  stage.preflight(comm_, outlook);
  // The first one tells how many there are; the ends of both are read, then a sample.
  EXPECT_EQ(comm_.all_sum(H5File::n_opened - before), 3 + 2 + 2);
  if (comm_.is_root()) test::write_bytes(scratch_ / "a/gas/snap_099.1.hdf5", "<html>");
  comm_.barrier();
  auto const text = test::error_of([&] { stage.preflight(comm_, outlook); });
  EXPECT_TRUE(test::contains(text, "65 '"));
  EXPECT_TRUE(test::contains(text, "snap_099.1.hdf5' is not an HDF5 file: it looks like a web"));
}

TEST_F(VoxelizeStageTest, ChecksTheCubesBeforeWorkBegins) {
  make_inputs("a", 0);
  auto const refusal = [&](std::string const& voxelize) {
    auto const config = configuration("a", voxelize);
    Outlook outlook(config.get<RunOptions>());
    return test::error_of([&] {
      VoxelizeStage(config, snapshot_instances(config).front()).preflight(comm_, outlook);
    });
  };
  EXPECT_EQ(refusal(""), "no error");
  EXPECT_EQ(refusal("fixed_edge = 7000\n"), "no error");
  EXPECT_TRUE(test::contains(refusal("edge = 50\n"), " ckpc/h does not fit into the box of 8192"));
  EXPECT_TRUE(test::contains(refusal("fixed_edge = 1e5\n"), "78 a cube of 100000 ckpc/h"));
  // Half a diagonal of a voxel is 2.05 R200 of the smallest cluster.
  EXPECT_TRUE(test::contains(refusal("fixed_edge = 8192\n"), "none has its centre within 2 R200"));
}

}  // namespace
}  // namespace setsz
