// SPDX-License-Identifier: BSD-3-Clause
// `setsz status`, for people and for scripts.
#include <algorithm>
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "pipeline/app/commands.hpp"
#include "pipeline/app/product_groups.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/base/terminal.hpp"
#include "pipeline/run/journal.hpp"
#include "pipeline/run/lock.hpp"
#include "pipeline/run/runner.hpp"

namespace setsz {

namespace {

using nlohmann::ordered_json;  // in the order that the help shows

struct Product {
  std::string id;
  StateReport report;
  std::optional<RunLock::Holder> held_by;  ///< the job that makes it, now or later
  bool running = false;
  std::string saved;  ///< "epoch 4 of 40"
};

Product examine(Stage const& stage, RunState& state, std::string const& directory) {
  Product product{stage.id(), state.of(stage), {}, false, {}};
  if (product.report.state == ProductState::complete) return product;
  product.held_by = RunLock::writer(directory, product.id);
  product.running = product.held_by && is_being_made(state.folder(stage), product.held_by->since);
  product.saved = Journal::progress(state.journal_folder(stage));
  return product;
}

std::vector<Product> selected_products(Project const& project) {
  RunState state(project.options.directory, project.stages);
  state.require_format();
  std::vector<Product> products;
  for (auto const* stage : project.selected_stages())
    products.push_back(examine(*stage, state, project.options.directory));
  return products;
}

std::string shown_state(Product const& product) {
  return product.running ? "running" : std::string(name_of(product.report.state));
}

/// Why a product is not complete, apart from what it waits for: the lines above say that.
std::vector<std::string> said_of(Product const& product) {
  std::vector<std::string> said;
  if (!product.saved.empty()) said.push_back("saved: " + product.saved);
  if (product.held_by)
    said.push_back((product.running ? "by " : "will be made by ") + product.held_by->who);
  for (auto const& reason : product.report.reasons)
    if (product.report.state != ProductState::missing || !reason.starts_with("waits for"))
      said.push_back(reason);
  for (auto const& note : product.report.notes) said.push_back(note);
  return said;
}

/// Products whose reasons differ only in the inputs that they name may share a line.
std::string kind_of(Product const& product) {
  std::string kind = shown_state(product);
  for (auto const& said : said_of(product)) {
    bool const names_products = said.starts_with("waits for") || said.starts_with("input ");
    kind += "\n" + said.substr(0, names_products ? said.find(' ') : said.npos);
  }
  return kind;
}

/// What is said of all products of a group; where it differs, of the first of them.
std::string text_of(std::vector<Product> const& products, ProductGroup const& group) {
  auto said = join(said_of(products[group.members.front()]), "; ");
  if (group.members.size() == 1) return said;
  std::set<std::string> texts;
  for (auto const i : group.members) texts.insert(join(said_of(products[i]), "; "));
  return concat(group.members.size(), " products", said.empty() ? "" : "; ",
                texts.size() > 1 ? "the first: " : "", said);
}

void print_line(std::string const& name, std::string const& state, std::string const& text,
                std::size_t width) {
  std::string line =
      "  " + name + std::string(width - std::min(width, name.size()), ' ') + "  " + state;
  if (text.empty()) {
    std::cout << line << "\n";
    return;
  }
  line += std::string(std::max<std::size_t>(11, state.size() + 2) - state.size(), ' ');
  bool const fits = line.size() + text.size() <= terminal_columns;
  while (!fits && line.back() == ' ') line.pop_back();
  std::cout << line << (fits ? text : "\n" + wrapped(text, 6)) << "\n";
}

void print_totals(std::vector<Product> const& products) {
  constexpr std::array states{"complete", "running", "half done", "stale", "missing"};
  std::vector<std::string> parts;
  for (std::string const state : states) {
    auto const n = std::ranges::count(products, state, shown_state);
    if (n > 0) parts.push_back(concat(n, " ", state));
  }
  std::cout << products.size() << (products.size() == 1 ? " product: " : " products: ")
            << join(parts, ", ") << "\n";
}

void print_status(std::string const& directory, std::vector<Product> const& products, bool all) {
  std::vector<std::string> ids, kinds;
  for (auto const& product : products) {
    ids.push_back(product.id);
    kinds.push_back(kind_of(product));
  }
  auto const groups = all ? each_alone(ids) : group_products(ids, kinds);
  std::size_t width = 0;
  for (auto const& group : groups) width = std::max(width, group.name.size());
  width = std::min<std::size_t>(width, 36);
  std::cout << "run directory " << directory << "\n";
  for (auto const& group : groups)
    print_line(group.name, shown_state(products[group.members.front()]), text_of(products, group),
               width);
  print_totals(products);
}

bool all_complete(std::vector<Product> const& products) {
  return std::ranges::all_of(products, [](Product const& product) {
    return product.report.state == ProductState::complete;
  });
}

ordered_json json_of(Product const& product) {
  ordered_json json{{"id", product.id},
                    {"state", name_of(product.report.state)},
                    {"reasons", product.report.reasons},
                    {"notes", product.report.notes}};
  if (!product.saved.empty()) json["saved"] = product.saved;
  if (product.held_by) {
    json["held_by"] = product.held_by->who;
    json["running"] = product.running;
  }
  return json;
}

void print_status_json(std::string const& directory, std::vector<Product> const& products) {
  ordered_json list = ordered_json::array();
  for (auto const& product : products) list.push_back(json_of(product));
  ordered_json const document{
      {"run", directory}, {"complete", all_complete(products)}, {"products", list}};
  std::cout << document.dump(1) << "\n";
}

}  // namespace

int show_status(CommandLine const& line) {
  Project const project = open_project(line);
  auto const products = selected_products(project);
  if (line.json) {
    print_status_json(project.options.directory, products);
  } else {
    print_status(project.options.directory, products, line.all);
  }
  return line.exit_code && !all_complete(products) ? static_cast<int>(ExitCode::stopped) : 0;
}

}  // namespace setsz
