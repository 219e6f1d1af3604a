// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/commands.hpp"

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <iostream>

#include "pipeline/base/file.hpp"
#include "pipeline/run/state.hpp"

namespace setsz {

bool Project::is_selected(Stage const& stage) const {
  return std::find(selected.begin(), selected.end(), stage.id()) != selected.end();
}

int Project::width_of_ids() const {
  std::size_t width = 8;
  for (auto const& id : selected) width = std::max(width, id.size());
  return static_cast<int>(width);
}

Project open_project(CommandLine const& line, std::string const& text,
                     LearningBodies const& bodies) {
  Project project{Configuration::parse(text, line.target, line.set, all_schemas()), {}, {}, {}};
  project.options = project.configuration.get<RunOptions>();
  project.stages = build_stages(project.configuration, bodies);
  std::vector<std::string> names;
  for (auto const& row : stage_rows()) names.emplace_back(row.name);
  project.selected = select_instances(project.stages, names, project.options.stages, line);
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
  state.require_format();
  auto const width = project.width_of_ids();
  std::cout << "run directory " << project.options.directory << "\n";
  for (auto const& stage : project.stages) {
    if (!project.is_selected(*stage)) continue;
    auto const& report = state.of(*stage);
    std::cout << "  " << std::left << std::setw(width) << stage->id() << "  ";
    if (!report.reasons.empty()) std::cout << std::setw(9);
    std::cout << name_of(report.state) << (report.reasons.empty() ? "" : "  ")
              << join(report.reasons, "; ") << "\n";
  }
  return 0;
}

}  // namespace setsz
