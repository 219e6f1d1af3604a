// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/sections.hpp"
#include "stages/voxelize/pressure_cube.hpp"

namespace setsz {

class CubeGatherer;
class Snapshot;

/// [voxelize]: the cube around every cluster, and how large a gas cell is.
struct VoxelizeOptions {
  static constexpr std::string_view section = "voxelize";
  static constexpr std::string_view help = "electron pressure of the gas, on a cube per cluster";
  std::int64_t n_voxels = 64;
  double edge_r200 = 5;
  double fixed_edge_ckpch = 0;
  CellSize cell_size = CellSize::volume;
  bool normalised = false;
  void declare(OptionList& options);
  void validate() const {}

  /// Side of a cluster's cube [ckpc/h].
  double edge(Cluster const& cluster) const {
    return fixed_edge_ckpch > 0 ? fixed_edge_ckpch : edge_r200 * cluster.r200c;
  }
};

/// Puts the gas of every cluster on its cube: voxelize/<snapshot>/pressure.h5.
///
/// The snapshot is streamed in fixed slices, dealt out to the ranks in turn. Each gas cell goes to
/// the owners of all cubes that its ball touches and is added there in the order of the snapshot's
/// rows, so the sums do not depend on the number of ranks. Memory per rank: the budget and 16 bytes
/// a voxel of the cubes it owns.
class VoxelizeStage : public Stage {
 public:
  VoxelizeStage(Configuration const& configuration, SnapshotInstance instance);

  std::string name() const override { return "voxelize"; }
  std::string instance() const override { return instance_.name; }
  std::vector<std::string> input_products() const override;
  std::vector<std::string> input_files() const override;
  std::vector<std::string> outputs() const override { return {"pressure.h5"}; }
  void describe(Fingerprint& fingerprint) const override;
  void preflight(Comm const& comm) const override;
  Estimate estimate(std::string const& run_directory, int n_ranks) const override;
  void run(Context& context) override;

 private:
  void stream(Context& context, Snapshot const& snapshot, CubeGatherer& gatherer) const;
  void finish(Context& context, ClusterTable const& table, CubeGatherer const& gatherer) const;
  void check_cell_size(Snapshot const& snapshot) const;

  SnapshotInstance instance_;
  VoxelizeOptions options_;
  Fingerprint option_lines_;
  std::string run_directory_;
};

void add_voxelize_stages(Configuration const& configuration,
                         std::vector<std::unique_ptr<Stage>>& stages);

}  // namespace setsz
