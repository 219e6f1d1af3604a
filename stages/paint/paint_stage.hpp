// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/sections.hpp"
#include "stages/paint/population.hpp"
#include "stages/voxelize/voxelize_stage.hpp"

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

/// Paints the box of a snapshot: paint/<snapshot>/<model>/seed<s> or ensemble/ box.h5 (3-D grids),
/// maps.h5 (y along x, y, z) and spectra.json (P(k), T(k), r(k), Y and mean y against the gas).
///
/// Ranks own slabs of planes in x. Every rank reads the haloes that reach into its slab and adds
/// its cells' shares in the order of the haloes; gas goes to the slabs in the order of the
/// snapshot's rows. Memory per rank: 4 slabs of doubles with true_field, else 2, and the budget.
class PaintStage : public Stage {
 public:
  PaintStage(Configuration const& configuration, SnapshotInstance const& instance,
             std::string const& model);

  std::string name() const override { return "paint"; }
  std::string instance() const override {
    return concat(names_.snapshot, "/", names_.model, "/", names_.member.name());
  }
  std::vector<std::string> input_products() const override;
  std::vector<std::string> input_files() const override;
  std::vector<std::string> outputs() const override {
    return {"box.h5", "maps.h5", "spectra.json"};
  }
  void describe(Fingerprint& fingerprint) const override;
  Estimate estimate(std::string const& run_directory, int n_ranks) const override;
  void run(Context& context) override;

 private:
  SnapshotInstance instance_;
  PopulationNames names_;
  PaintOptions options_;
  VoxelizeOptions voxelize_;  ///< what a gas cell is
  Fingerprint option_lines_;
  std::string run_directory_;
};

void add_paint_stages(Configuration const& configuration,
                      std::vector<std::unique_ptr<Stage>>& stages);

}  // namespace setsz
