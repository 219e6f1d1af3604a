// SPDX-License-Identifier: BSD-3-Clause
#include "stages/registry.hpp"

#include "stages/common/sections.hpp"

namespace setsz {

std::vector<std::string> stage_names() {
  return {"mock",  "catalog", "extract",  "voxelize", "fit",
          "train", "predict", "evaluate", "paint",    "sky"};
}

bool needs_libtorch(std::string_view stage) { return stage == "train" || stage == "predict"; }

std::vector<SectionSchema> all_schemas() {
  return {schema_of<RunOptions>(), schema_of<CosmologySection>(), schema_of<SnapshotSection>(true)};
}

std::vector<std::unique_ptr<Stage>> build_stages(Configuration const& configuration,
                                                 LearningBodies const& bodies) {
  std::vector<std::unique_ptr<Stage>> stages;
  (void)configuration;
  (void)bodies;
  return stages;
}

}  // namespace setsz
