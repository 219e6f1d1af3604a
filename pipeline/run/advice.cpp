// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/advice.hpp"

namespace setsz {

namespace {

std::string_view next_step(ExitCode code) {
  switch (code) {
    case ExitCode::config:
    case ExitCode::diverged:
      return "The same command would fail again: change the configuration or the options first.";
    case ExitCode::bad_data:
    case ExitCode::missing_input:
      return "The same command would fail again: correct the input first.";
    case ExitCode::cannot_create:
    case ExitCode::io:
      return "When the disk is writable and has space, run the same command again to continue.";
    case ExitCode::out_of_memory:
      return "Run again with more memory to continue; the number of ranks may change.";
    default:
      return "Run the same command again to continue from the last checkpoint.";
  }
}

}  // namespace

std::string advice_after(ExitCode code) {
  return concat("\n  Nothing of this stage was published. Complete products are kept.\n  ",
                next_step(code));
}

}  // namespace setsz
