// SPDX-License-Identifier: BSD-3-Clause
// Takes the place of stages/registry.cpp in the program setsz_toy.
#include <csignal>
#include <cstdlib>

#include "pipeline/base/file.hpp"
#include "stages/registry.hpp"
#include "tests/run/toy_stages.hpp"

namespace setsz {

namespace {

/// SETSZ_TOY_CRASH=7: SIGKILL at the seventh operation that changes a file that matters.
void crash_on_request() {
  char const* const at = std::getenv("SETSZ_TOY_CRASH");
  if (!at || durable::fault) return;
  durable::fault = [left = std::atoi(at)](std::string_view operation, std::string const&) mutable {
    bool const changes = operation != "open" && operation != "read" && operation != "close";
    if (changes && --left == 0) raise(SIGKILL);
    return 0;
  };
}

}  // namespace

std::vector<StageRow> stage_rows() {
  crash_on_request();
  return toy::rows();
}
std::vector<SectionSchema> shared_sections() { return {schema_of<RunOptions>()}; }
bool asks_for_device(Configuration const&) { return false; }

}  // namespace setsz
