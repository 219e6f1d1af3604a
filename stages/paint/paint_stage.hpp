// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/sections.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/halos/population.hpp"
#include "stages/paint/box_work.hpp"
#include "stages/paint/column_sums_work.hpp"
#include "stages/paint/grid_spectrum_work.hpp"

namespace setsz {

/// Is the gas of the snapshot put onto a grid beside the painted one?
enum class TrueField { automatic, yes, no };

/// [paint]: the box as a grid.
struct PaintOptions : PopulationOptions {
  static constexpr std::string_view section = "paint";
  static constexpr std::string_view help = "electron pressure of the whole box, y maps, spectra";
  std::int64_t n_grid = 256;
  TrueField true_field = TrueField::automatic;
  void declare(OptionList& options);
  void validate() const {}
};

/// Paints the box of a snapshot: paint/<snapshot>/<map>/ box.h5 (3-D grids), maps.h5 (y along x, y,
/// z) and spectra.json (P(k), T(k), r(k), Y and mean y against the gas).
///
/// Ranks own slabs of planes in x. Each gets the haloes that reach into its slab and adds its
/// cells' shares in the order of the haloes; the gas is there already (GasGridStage). Memory per
/// rank: 4 slabs of doubles with the gas, else 2, the cluster table, one turn of images
/// (halo_layer_work.hpp), one cube.
class PaintStage : public Stage {
 public:
  PaintStage(Blueprint const& blueprint, SnapshotInstance const& instance, MapInstance const& map);

  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

  /// The cells a side of the grid of gas that the map is compared with, if it is.
  std::optional<std::int64_t> gas_grid() const {
    return with_gas_ ? std::optional(options_.n_grid) : std::nullopt;
  }

 private:
  struct Grids;
  void write_files(Context& context, Population const& population, Grids& grids) const;
  nlohmann::json report(Context& context, ClusterTable const& table, Grids const& grids,
                        BoxTotals const& totals, GridFourier const& fourier) const;

  SnapshotInstance instance_;
  PaintOptions options_;
  PopulationPlan plan_;
  VoxelizeOptions voxelize_;
  bool with_gas_;
};

void add_paint_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
