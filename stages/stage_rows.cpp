// SPDX-License-Identifier: BSD-3-Clause
// What follows from the rows of the registry, whichever they are.
#include "stages/registry.hpp"

namespace setsz {

std::vector<SectionSchema> all_schemas() {
  auto schemas = shared_sections();
  for (auto const& row : stage_rows())
    schemas.insert(schemas.end(), row.sections.begin(), row.sections.end());
  return schemas;
}

StageList build_stages(Configuration const& configuration, LearningBodies const& bodies) {
  Blueprint const blueprint(configuration, bodies);
  StageList stages;
  for (auto const& row : stage_rows()) row.add(blueprint, stages);
  return stages;
}

}  // namespace setsz
