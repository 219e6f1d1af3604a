// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/sections.hpp"
#include "stages/common/voxelize_section.hpp"

namespace setsz {

/// Puts the gas of a snapshot onto a grid, for all maps that are compared with it:
/// paint/<snapshot>/gas.<cells a side>/grid.h5.
///
/// Ranks own slabs of planes in x; what a plane gets, it gets in the order of the snapshot's slices
/// (GasLayer). Memory per rank: its slab in doubles and one turn of gas cells (the budget).
class GasGridStage : public Stage {
 public:
  GasGridStage(Blueprint const& blueprint, SnapshotInstance const& instance, std::int64_t n_grid);

  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  SnapshotInstance instance_;
  VoxelizeOptions voxelize_;  ///< what a gas cell is
  std::int64_t n_grid_;
  std::int64_t slice_rows_;
};

}  // namespace setsz
