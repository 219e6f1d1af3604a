// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/project.hpp"

#include <algorithm>

#include "pipeline/app/selection.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/trained_model.hpp"

namespace setsz {

namespace {

std::vector<StageNote> stage_notes() {
  std::vector<StageNote> notes;
  for (auto const& row : stage_rows())
    notes.push_back({std::string(row.name), std::string(row.needs), row.by_default});
  return notes;
}

}  // namespace

std::vector<Stage const*> Project::selected_stages() const {
  std::vector<Stage const*> chosen;
  for (auto const& stage : stages) {
    if (std::find(selected.begin(), selected.end(), stage->id()) != selected.end()) {
      chosen.push_back(stage.get());
    }
  }
  return chosen;
}

bool Project::needs_libtorch() const {
  auto const chosen = selected_stages();
  auto const rows = stage_rows();
  return std::any_of(rows.begin(), rows.end(), [&](StageRow const& row) {
    return row.needs_libtorch && std::any_of(chosen.begin(), chosen.end(), [&](auto const* stage) {
             return row.name == stage->record().stage;
           });
  });
}

double Project::process_bytes() const {
  // Measured with Open MPI 4.1 (42 to 46 in stages that hold next to nothing) and libtorch 1.13,
  // whose libraries are 287.
  constexpr double plain = 50e6, with_libtorch = 200e6;
  return needs_libtorch() ? with_libtorch : plain;
}

Project open_project(CommandLine const& line, std::string const& text,
                     LearningBodies const& bodies) {
  Project project{Configuration::parse(text, line.target, line.set, all_schemas()), {}, {}, {}};
  project.options = project.configuration.get<RunOptions>();
  project.stages = build_stages(project.configuration, bodies);
  project.selected = select_instances(project.stages, stage_notes(), project.options.stages, line);
  return project;
}

std::string read_configuration(std::string const& path) {
  constexpr std::int64_t largest = 16 << 20;
  auto const bytes = durable::File(path, durable::OpenMode::read).size();
  require(bytes <= largest, ExitCode::config, "'", path, "' has ", human_bytes(real(bytes)),
          " and is no configuration (at most ", human_bytes(real(largest)),
          "); give the .ini file");
  return durable::read_text(path);
}

Project open_project(CommandLine const& line) {
  auto const text = read_configuration(line.target);
  auto complete = line;
  for (auto const& setting : settings_from_files(line, text)) complete.set.push_back(setting);
  return open_project(complete, text, {});
}

Project outline_project(CommandLine const& line) {
  return open_project(line, read_configuration(line.target), {});
}

std::vector<std::string> settings_from_files(CommandLine const& line, std::string const& text) {
  return trained_settings(Configuration::parse(text, line.target, line.set, all_schemas()));
}

}  // namespace setsz
