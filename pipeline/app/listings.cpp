// SPDX-License-Identifier: BSD-3-Clause
// `setsz status` and `setsz stages`, for people and for scripts.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "pipeline/app/commands.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/run/state.hpp"

namespace setsz {

namespace {

using nlohmann::ordered_json;  // in the order that the help shows

struct Product {
  std::string id;
  ProductState state;
  std::vector<std::string> reasons, notes;
};

std::vector<Product> selected_products(Project const& project) {
  RunState state(project.options.directory, project.stages);
  state.require_format();
  std::vector<Product> products;
  for (auto const* stage : project.selected_stages()) {
    auto const& report = state.of(*stage);
    products.push_back({stage->id(), report.state, report.reasons, report.notes});
  }
  return products;
}

void print_status(std::string const& directory, std::vector<Product> const& products) {
  std::size_t width = 8;
  for (auto const& product : products) width = std::max(width, product.id.size());
  std::cout << "run directory " << directory << "\n";
  for (auto const& product : products) {
    std::string const id = product.id + std::string(width - product.id.size(), ' ');
    std::cout << "  " << id << "  ";
    auto const& said = product.reasons.empty() ? product.notes : product.reasons;
    if (said.empty()) {
      std::cout << name_of(product.state) << "\n";
    } else {
      std::cout << std::left << std::setw(9) << name_of(product.state) << "  " << join(said, "; ")
                << "\n";
    }
  }
}

bool all_complete(std::vector<Product> const& products) {
  return std::all_of(products.begin(), products.end(), [](Product const& product) {
    return product.state == ProductState::complete;
  });
}

void print_status_json(std::string const& directory, std::vector<Product> const& products) {
  ordered_json list = ordered_json::array();
  for (auto const& product : products) {
    list.push_back({{"id", product.id},
                    {"state", name_of(product.state)},
                    {"reasons", product.reasons},
                    {"notes", product.notes}});
  }
  ordered_json const document{
      {"run", directory}, {"complete", all_complete(products)}, {"products", list}};
  std::cout << document.dump(1) << "\n";
}

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

int show_status(CommandLine const& line) {
  Project const project = open_project(line);
  auto const products = selected_products(project);
  if (line.json) {
    print_status_json(project.options.directory, products);
  } else {
    print_status(project.options.directory, products);
  }
  return line.exit_code && !all_complete(products) ? static_cast<int>(ExitCode::stopped) : 0;
}

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
