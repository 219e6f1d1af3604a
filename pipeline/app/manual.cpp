// SPDX-License-Identifier: BSD-3-Clause
// The commands that need no configuration.
#include <iostream>

#include "pipeline/app/code_version.hpp"
#include "pipeline/app/commands.hpp"
#include "pipeline/base/instruction_set.hpp"
#include "stages/registry.hpp"

namespace setsz {

int show_help(CommandLine const& line) {
  std::cout << help_text(line.target);
  return 0;
}

int show_version(CommandLine const&) {
  auto const kernels = name(instruction_set());  // may refuse SETSZ_ISA: before anything is printed
  std::cout << "setsz " << program_version() << " (git " << git_revision() << ", " << build_kind()
            << ")\nkernels of the network: " << kernels << "\n";
  return 0;
}

int show_options(CommandLine const& line) {
  if (line.format == "ini") {
    std::cout << default_configuration(all_schemas());
  } else if (line.format == "markdown") {
    std::cout << options_manual(all_schemas());
  } else {
    std::cout << options_text(all_schemas());
  }
  return 0;
}

}  // namespace setsz
