// SPDX-License-Identifier: BSD-3-Clause
// A real SPH run (skipped if the data are absent): properties that any correct code has.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>

#include "io/halo_catalog.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/voxelize/voxelize_stage.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

std::string const data = std::string(SETSZ_SHARED_DATA) + "/box50_a";
constexpr std::int64_t n_voxels = 20;

/// The hosts above 5e13 Msun/h of Rockstar's list.
ClusterTable massive_clusters(Comm const& comm) {
  auto const list = data + "/rockstar/snap_099/out_0_allcols_pid.list";
  auto const catalog = read_halo_catalog(comm, {list}, {MassDefinition::m200c, 5e3});
  ClusterTable table;
  table.box_ckpch = 50000;
  table.mass_definition = "200c";
  for (auto const& halo : comm.all_gather_v(catalog.halos)) {
    if (halo.parent_id != -1) continue;
    auto const scales = halo_scales(table.cosmology, 0, halo.mass);
    Cluster cluster;
    cluster.id = halo.id;
    cluster.position = halo.position;
    cluster.m200c = halo.mass;
    cluster.r200c = scales.r200c_ckpch;
    cluster.v200 = scales.v200_kms;
    cluster.p200 = scales.p200_code;
    table.clusters.edit().push_back(cluster);
  }
  std::ranges::sort(table.clusters.edit(), [](auto const& a, auto const& b) {
    return in_row_order(a.position, a.id, b.position, b.id, 50000);
  });
  table.split.assign(table.clusters.size(), Split::training);
  return table;
}

TEST(VoxelizeRealPair, HoldsThePressureThatVirialisedGasHas) {
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no " << data;
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  auto const table = massive_clusters(comm);
  ASSERT_EQ(table.size(), 5);
  if (comm.is_root()) std::filesystem::create_directories(scratch / "catalog/z0");
  comm.barrier();
  write_clusters(comm, scratch / "catalog/z0/clusters.h5", table);
  auto const config = Configuration::parse(
      concat("[run]\ndirectory = ", scratch.path(), "\n[snapshot.z0]\ngas = ", data,
             "/hydro/snapdir_099\n[voxelize]\ncell_size = smoothing_length\nn_voxels = ", n_voxels,
             "\n"),
      "test.ini", {},
      {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<VoxelizeOptions>()});
  VoxelizeStage stage(config, snapshot_instances(config).front());
  test::StageContext context(comm, config.get<RunOptions>(), stage);
  stage.run(context);
  EXPECT_LT(context.notes()["worst_conservation_error"].get<double>(), 1e-12);
  EXPECT_EQ(context.notes()["largest_share_of_empty_voxels"], 0);

  CubeFile const file(context.part("pressure.h5"));
  for (std::int64_t c = 0; c < file.size(); ++c) {
    auto const& cluster = table.clusters[c];
    auto const lattice = file.lattice(c, cluster.r200c);
    auto const pressure = file.read(c);
    double sum = 0;
    lattice.each_within(1, [&](std::size_t voxel, std::size_t) { sum += real(pressure[voxel]); });
    // P200 V200 is the thermal energy of a virialised halo with the cosmic share of gas; the
    // electrons have 0.5177 of the pressure, and real haloes 0.6 to 1.2 of that temperature x gas.
    double const virial = 0.5177 * 4 * std::numbers::pi / 3 / std::pow(lattice.voxel_r200(), 3);
    EXPECT_GT(sum / virial, 0.5) << "cluster " << cluster.id;
    EXPECT_LT(sum / virial, 1.4) << "cluster " << cluster.id;
  }
}

}  // namespace
}  // namespace setsz
