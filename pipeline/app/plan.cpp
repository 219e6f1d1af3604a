// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <optional>

#include "pipeline/app/commands.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/run/runner.hpp"

namespace setsz {

namespace {

int width_of(std::vector<std::string> const& ids) {
  std::size_t width = 8;
  for (auto const& id : ids) width = std::max(width, id.size());
  return static_cast<int>(width);
}

/// Cells of one row of the table; dashes where a product is complete.
struct Row {
  std::string memory = "-", output = "-", time = "-", note;
};

void print(std::string const& id, int width, std::string_view state, Row const& row) {
  std::cout << "  " << std::left << std::setw(width) << id << "  " << std::setw(9) << state
            << std::right << std::setw(13) << row.memory << std::setw(10) << row.output
            << std::setw(14) << row.time << "  " << row.note << "\n";
}

/// The stage's preflight and estimate; nothing, with the reason in `why`, where an input is neither
/// made nor announced by a stage before it.
std::optional<Estimate> ask(Stage const& stage, Comm const& comm, Outlook& outlook, int n_ranks,
                            std::string& why) {
  try {
    stage.preflight(comm, outlook);
    return estimate_of(stage, outlook, n_ranks);
  } catch (Error const& error) {
    if (error.code() != ExitCode::missing_input) throw;
    why = error.what();
    return std::nullopt;
  }
}

}  // namespace

int show_plan(Comm const& comm, CommandLine const& line, LearningBodies const&) {
  Project const project = open_project(line);
  RunState state(project.options.directory, project.stages);
  state.require_format();
  int const width = width_of(project.selected);
  std::cout << "on " << line.ranks << (line.ranks == 1 ? " rank:\n" : " ranks:\n") << "  "
            << std::left << std::setw(width) << "instance"
            << "  state      memory/rank    output          time\n";
  Outlook outlook(project.options, project.process_bytes());
  double output = 0, seconds = 0, memory = 0;
  for (auto const* stage : project.selected_stages()) {
    auto const name = name_of(state.of(*stage).state);
    if (state.of(*stage).state == ProductState::complete) {
      print(stage->id(), width, name, {});
      continue;
    }
    std::string why;
    auto const need = ask(*stage, comm, outlook, line.ranks, why);
    if (!need) {
      print(stage->id(), width, name, {"?", "?", "?", why});
      continue;
    }
    print(stage->id(), width, name,
          {human_bytes(need->memory_bytes), human_bytes(need->output_bytes),
           human_seconds(need->seconds), need->note});
    output += need->output_bytes;
    seconds += need->seconds;
    memory = std::max(memory, need->memory_bytes);
  }
  std::cout << "all: " << human_bytes(memory) << " of memory per rank, " << human_bytes(output)
            << " of output, " << human_seconds(seconds) << "\n";
  return 0;
}

}  // namespace setsz
