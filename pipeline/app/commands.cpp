// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/commands.hpp"

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <iostream>

#include "pipeline/base/file.hpp"
#include "pipeline/run/state.hpp"

namespace setsz {

namespace {

std::size_t width_of(std::vector<std::string> const& ids) {
  std::size_t width = 8;
  for (auto const& id : ids) width = std::max(width, id.size());
  return width;
}

bool is_selected(Project const& project, Stage const& stage) {
  auto const& ids = project.selected;
  return std::find(ids.begin(), ids.end(), stage.id()) != ids.end();
}

}  // namespace

Project open_project(CommandLine const& line, std::string const& text,
                     LearningBodies const& bodies) {
  Project project{Configuration::parse(text, line.target, line.set, all_schemas()), {}, {}, {}};
  project.options = project.configuration.get<RunOptions>();
  project.stages = build_stages(project.configuration, bodies);
  project.selected = select_instances(project.stages, stage_names(), project.options.stages, line);
  return project;
}

Project open_project(CommandLine const& line, LearningBodies const& bodies) {
  return open_project(line, durable::read_text(line.target), bodies);
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

int show_status(CommandLine const& line) {
  Project const project = open_project(line);
  RunState state(project.options.directory, project.stages);
  auto const width = static_cast<int>(width_of(project.selected));
  std::cout << "run directory " << project.options.directory << "\n";
  for (auto const& stage : project.stages) {
    if (!is_selected(project, *stage)) continue;
    auto const& report = state.of(*stage);
    std::cout << "  " << std::left << std::setw(width) << stage->id() << "  ";
    if (!report.reasons.empty()) std::cout << std::setw(9);
    std::cout << name_of(report.state) << (report.reasons.empty() ? "" : "  ")
              << join(report.reasons, "; ") << "\n";
  }
  return 0;
}

int show_plan(CommandLine const& line) {
  Project const project = open_project(line);
  RunState state(project.options.directory, project.stages);
  auto const width = static_cast<int>(width_of(project.selected));
  std::cout << "on " << line.ranks << (line.ranks == 1 ? " rank:\n" : " ranks:\n") << "  "
            << std::left << std::setw(width) << "instance"
            << "  state      memory/rank    output"
            << "          time\n";
  double output = 0, seconds = 0;
  for (auto const& stage : project.stages) {
    if (!is_selected(project, *stage)) continue;
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
