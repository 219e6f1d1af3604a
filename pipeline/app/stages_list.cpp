// SPDX-License-Identifier: BSD-3-Clause
// `setsz stages`, for people and for scripts.
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "pipeline/app/commands.hpp"
#include "pipeline/app/project.hpp"

namespace setsz {

namespace {

using nlohmann::ordered_json;  // in the order that the help shows

ordered_json instance_json(Stage const& stage) {
  std::vector<std::string> outputs;
  for (auto const& output : stage.record().outputs) outputs.push_back(stage.id() + "/" + output);
  return {{"id", stage.id()}, {"outputs", outputs}};
}

ordered_json stages_json(std::vector<Stage const*> const& instances) {
  ordered_json list = ordered_json::array();
  for (auto const* stage : instances) {
    if (list.empty() || list.back().at("name") != stage->record().stage) {
      list.push_back({{"name", stage->record().stage}, {"instances", ordered_json::array()}});
    }
    list.back()["instances"].push_back(instance_json(*stage));
  }
  return list;
}

}  // namespace

int show_stages(CommandLine const& line) {
  Project const project = outline_project(line);
  auto const stages = stages_json(project.selected_stages());
  if (line.json) {
    ordered_json const document{{"run", project.options.directory}, {"stages", stages}};
    std::cout << document.dump(1) << "\n";
  } else {
    for (auto const& stage : stages) {
      std::cout << stage.at("name").get<std::string>();
      char separator = ' ';
      for (auto const& instance : stage.at("instances")) {
        if (!line.instances) break;
        std::cout << std::exchange(separator, ',') << instance.at("id").get<std::string>();
      }
      std::cout << "\n";
    }
  }
  return 0;
}

}  // namespace setsz
