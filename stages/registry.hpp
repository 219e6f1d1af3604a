// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>
#include <vector>

#include "stages/common/blueprint.hpp"

namespace setsz {

/// All that the program knows of a stage; the rows stand in the order in which stages run.
struct StageRow {
  std::string_view name;
  std::vector<SectionSchema> sections;                  ///< those that belong to the stage
  void (*add)(Blueprint const& blueprint, StageList&);  ///< appends its instances
  std::string_view needs = "[snapshot.NAME]";           ///< without it there is no instance
  bool needs_libtorch = false;                          ///< to run, not to be planned
  bool starts_over = false;                             ///< after a stop: it has no journal
  bool by_default = true;                               ///< runs where [run] stages is empty
};
std::vector<StageRow> stage_rows();

/// The sections that belong to no single stage: [run], [cosmology], [snapshot.NAME].
std::vector<SectionSchema> shared_sections();
/// Does `setsz check` need the program with libtorch: to look for the device that is asked for?
bool asks_for_device(Configuration const& configuration);

/// Every section that exists, in the order of the manual.
std::vector<SectionSchema> all_schemas();
/// All stage instances of a configuration, in an order in which inputs come before their users.
StageList build_stages(Configuration const& configuration, LearningBodies const& bodies);

}  // namespace setsz
