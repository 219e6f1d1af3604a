// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "io/map_header.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/sections.hpp"
#include "stages/sky/sky_product_work.hpp"
#include "stages/sky/sky_stage.hpp"
#include "stages/sky/sky_work.hpp"

namespace setsz {

/// A painted sky and its origin: what its header and sky.json say.
struct SkyRecord {
  SkyOptions const& options;
  std::vector<SnapshotInstance> const& snapshots;
  PopulationPlan plan;              ///< of the first snapshot: the gas is the same in all
  ClusterTable const& table;        ///< of the first snapshot: box, cosmology, mass definition
  std::int64_t n_outside_training;  ///< clusters of the snapshots that the model has not seen alike
  std::int64_t n_mass_disagrees;    ///< clusters whose particles have another mass
  std::string model_hash;           ///< of the networks; "none": none was used
  std::string option_hash;          ///< of what decides on the map
  std::pair<double, double> flux_factors;  ///< in the cubes, smallest and largest
  std::string code;                        ///< version and revision of the program
  SkyTotals totals;
  SkyFigures figures;
};

/// The header of the map but its layout. DATE is today's, in UTC.
MapHeader sky_header(SkyRecord record);
/// The same of lightcone.fits, which lists Compton y whatever is mapped.
FitsTexts lightcone_texts(SkyRecord const& record);

}  // namespace setsz
