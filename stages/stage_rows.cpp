// SPDX-License-Identifier: BSD-3-Clause
// What follows from the rows of the registry, whichever they are.
#include <algorithm>
#include <set>
#include <string>

#include "pipeline/base/error.hpp"
#include "stages/registry.hpp"

namespace setsz {

std::vector<SectionSchema> all_schemas() {
  auto schemas = shared_sections();
  for (auto const& row : stage_rows())
    schemas.insert(schemas.end(), row.sections.begin(), row.sections.end());
  return schemas;
}

namespace {

/// Puts instances behind the makers of their inputs, in rounds: each takes, in the order of the
/// rows, all those whose inputs are made. Where no stage needs what comes behind it, that is one
/// round.
StageList in_order_of_inputs(StageList stages) {
  std::set<std::string> to_be_made;
  for (auto const& stage : stages)
    for (auto const& output : stage->record().outputs)
      to_be_made.insert(stage->id() + "/" + output);
  StageList ordered;
  while (!stages.empty()) {
    StageList waiting;
    for (auto& stage : stages) {
      auto const& record = stage->record();
      bool const waits = std::ranges::any_of(
          record.inputs, [&](std::string const& input) { return to_be_made.contains(input); });
      if (waits) {
        waiting.push_back(std::move(stage));
        continue;
      }
      for (auto const& output : record.outputs) to_be_made.erase(stage->id() + "/" + output);
      ordered.push_back(std::move(stage));
    }
    if (waiting.size() == stages.size())
      fail(ExitCode::config, waiting.front()->id(),
           " needs its own product: two models take the residuals of each other; remove the key "
           "from one of them");
    stages = std::move(waiting);
  }
  return ordered;
}

}  // namespace

StageList build_stages(Configuration const& configuration, LearningBodies const& bodies) {
  Blueprint const blueprint(configuration, bodies);
  StageList stages;
  for (auto const& row : stage_rows()) row.add(blueprint, stages);
  return in_order_of_inputs(std::move(stages));
}

}  // namespace setsz
