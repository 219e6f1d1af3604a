// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/sections.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/voxelize/gas_checks.hpp"

namespace setsz {

class CubeGatherer;
class Snapshot;
struct SnapshotOutline;

/// Puts the gas of every cluster on its cube: voxelize/<snapshot>/pressure.h5.
///
/// The snapshot is streamed in fixed slices (SliceTurns), some on each rank at a time. Each gas
/// cell goes to the owners of all cubes that its ball touches and is added there in the order of
/// the slices, so the sums do not depend on the number of ranks. Memory per rank: the budget and 16
/// bytes a voxel of the cubes it owns.
class VoxelizeStage : public Stage {
 public:
  VoxelizeStage(Configuration const& configuration, SnapshotInstance instance);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  struct CubeLoad {
    double balls = 0, voxels = 0;
  };
  CubeLoad cube_load(Cluster const& cluster, SnapshotOutline const& gas) const;
  /// \return  what does not depend on the clusters
  GasFigures stream(Context& context, Snapshot const& snapshot, CubeGatherer& gatherer) const;
  void finish(Context& context, ClusterTable const& table, CubeGatherer const& gatherer,
              GasFigures figures) const;
  /// Refuses or warns. \param why  empty: all is well
  void judge(std::string const& why) const;
  void check_cell_size(Snapshot const& snapshot) const;
  void check_cubes(Outlook const& outlook) const;

  SnapshotInstance instance_;
  VoxelizeOptions options_;
  std::string run_directory_;
  std::int64_t slice_rows_;
};

void add_voxelize_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
