// SPDX-License-Identifier: BSD-3-Clause
// Takes the place of stages/registry.cpp in the program setsz_toy.
#include <csignal>
#include <cstdlib>

#include "pipeline/base/file.hpp"
#include "stages/registry.hpp"
#include "tests/run/toy_stages.hpp"

namespace setsz {

namespace {

/// SETSZ_TOY_CRASH=7: SIGKILL at the seventh operation on files that matter.
void crash_on_request() {
  char const* const at = std::getenv("SETSZ_TOY_CRASH");
  if (!at || durable::fault) return;
  durable::fault = [left = std::atoi(at)](std::string_view, std::string const&) mutable {
    if (--left == 0) raise(SIGKILL);
    return 0;
  };
}

}  // namespace

std::vector<std::unique_ptr<Stage>> build_stages(Configuration const& configuration,
                                                 LearningBodies const&) {
  crash_on_request();
  return toy::stages(configuration);
}
std::vector<SectionSchema> all_schemas() { return toy::schemas(); }
std::vector<std::string> stage_names() { return {"numbers", "sums"}; }
bool needs_libtorch(std::string_view) { return false; }

}  // namespace setsz
