// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/sections.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/paint/population.hpp"

namespace setsz {

/// [paint]: the box as a grid.
struct PaintOptions : PopulationOptions {
  static constexpr std::string_view section = "paint";
  static constexpr std::string_view help = "electron pressure of the whole box, y maps, spectra";
  std::int64_t n_grid = 256;
  bool true_field = true;
  void declare(OptionList& options);
  void validate() const {}
};

/// Paints the box of a snapshot: paint/<snapshot>/<map>/ box.h5 (3-D grids),
/// maps.h5 (y along x, y, z) and spectra.json (P(k), T(k), r(k), Y and mean y against the gas).
///
/// Ranks own slabs of planes in x. Every rank reads the haloes that reach into its slab and adds
/// its cells' shares in the order of the haloes; gas goes to the slabs in the order of the
/// snapshot's rows. Memory per rank: 4 slabs of doubles with true_field, else 2, and the budget.
class PaintStage : public Stage {
 public:
  PaintStage(Blueprint const& blueprint, SnapshotInstance const& instance, MapInstance const& map);

  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  SnapshotInstance instance_;
  PopulationNames names_;
  PaintOptions options_;
  VoxelizeOptions voxelize_;  ///< what a gas cell is
  std::string run_directory_;
};

void add_paint_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
