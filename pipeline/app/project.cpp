// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/project.hpp"

#include <algorithm>

#include "pipeline/app/selection.hpp"
#include "pipeline/base/file.hpp"

namespace setsz {

namespace {

/// The sections without which a stage has no instance.
std::string required_section(std::string const& stage) {
  static std::vector<std::string> const of_models{"train", "predict", "evaluate", "paint", "sky"};
  if (stage == "mock") return "[snapshot.NAME] with mock = yes";
  bool const model = std::find(of_models.begin(), of_models.end(), stage) != of_models.end();
  return model ? "[snapshot.NAME] and [model.NAME]" : "[snapshot.NAME]";
}

std::vector<StageNote> stage_notes() {
  std::vector<StageNote> notes;
  for (auto const& name : stage_names()) {
    notes.push_back({name, required_section(name), name != "mock"});
  }
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

Project open_project(CommandLine const& line, std::string const& text,
                     LearningBodies const& bodies) {
  Project project{Configuration::parse(text, line.target, line.set, all_schemas()), {}, {}, {}};
  project.options = project.configuration.get<RunOptions>();
  project.stages = build_stages(project.configuration, bodies);
  project.selected = select_instances(project.stages, stage_notes(), project.options.stages, line);
  return project;
}

Project open_project(CommandLine const& line, LearningBodies const& bodies) {
  return open_project(line, durable::read_text(line.target), bodies);
}

}  // namespace setsz
