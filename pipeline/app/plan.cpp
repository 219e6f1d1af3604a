// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <iomanip>
#include <iostream>

#include "pipeline/app/commands.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/run/state.hpp"

namespace setsz {

int show_plan(CommandLine const& line) {
  Project const project = open_project(line);
  RunState state(project.options.directory, project.stages);
  std::size_t longest = 8;
  for (auto const& id : project.selected) longest = std::max(longest, id.size());
  auto const width = static_cast<int>(longest);
  std::cout << "on " << line.ranks << (line.ranks == 1 ? " rank:\n" : " ranks:\n") << "  "
            << std::left << std::setw(width) << "instance"
            << "  state      memory/rank    output"
            << "          time\n";
  double output = 0, seconds = 0;
  for (auto const* stage : project.selected_stages()) {
    auto const& report = state.of(*stage);
    std::cout << "  " << std::left << std::setw(width) << stage->id() << "  " << std::setw(9)
              << name_of(report.state);
    if (report.state == ProductState::complete) {
      std::cout << "            -         -             -\n";
      continue;
    }
    try {
      Estimate const need = stage->estimate(project.options.directory, line.ranks);
      std::cout << std::right << std::setw(13) << human_bytes(need.memory_bytes) << std::setw(10)
                << human_bytes(need.output_bytes) << std::setw(14) << human_seconds(need.seconds)
                << "  " << need.note << "\n";
      output += need.output_bytes;
      seconds += need.seconds;
    } catch (Error const& error) {
      if (error.code() != ExitCode::missing_input) throw;
      std::cout << "            ?         ?             ?  " << error.what() << "\n";
    }
  }
  std::cout << "all: " << human_bytes(output) << " of output, " << human_seconds(seconds) << "\n";
  return 0;
}

}  // namespace setsz
