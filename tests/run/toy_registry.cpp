// SPDX-License-Identifier: BSD-3-Clause
// Takes the place of stages/registry.cpp in the program setsz_toy.
#include "stages/registry.hpp"
#include "tests/run/toy_stages.hpp"

namespace setsz {

std::vector<std::unique_ptr<Stage>> build_stages(Configuration const& configuration,
                                                 LearningBodies const&) {
  return toy::stages(configuration);
}
std::vector<SectionSchema> all_schemas() { return toy::schemas(); }
std::vector<std::string> stage_names() { return {"numbers", "sums"}; }
bool needs_libtorch(std::string_view) { return false; }

}  // namespace setsz
