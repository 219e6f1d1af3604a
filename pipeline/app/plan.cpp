// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "pipeline/app/commands.hpp"
#include "pipeline/app/placement.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/run/runner.hpp"

namespace setsz {

namespace {

using nlohmann::ordered_json;  // in the order that the help shows

/// One product of the plan.
struct Item {
  std::string id, stage;
  ProductState state = ProductState::missing;
  std::vector<std::string> waits_for;  ///< products that it reads and that are not complete
  std::optional<Placement> placement;  ///< nothing if complete or not known
  std::string unknown;                 ///< why there is no estimate
};

/// On a machine that nobody described: the number of ranks that the user gave.
Placement as_asked(Estimate const& estimate, int n_ranks) {
  Placement placement;
  placement.tasks = n_ranks;
  placement.memory_bytes = estimate.memory_bytes;
  placement.limit_seconds = estimate.seconds;
  placement.estimate = estimate;
  return placement;
}

/// Asks the stages in their order; each tells those behind it what it will hand on.
class Planner {
 public:
  Planner(Comm const& comm, CommandLine const& line, Project const& project)
      : comm_(comm),
        line_(line),
        project_(project),
        state_(project.options.directory, project.stages),
        outlook_(project.options, project.process_bytes()) {
    state_.require_format();
  }

  std::vector<Item> items() {
    std::vector<Item> all;
    for (auto const* stage : project_.selected_stages()) all.push_back(item(*stage));
    return all;
  }

 private:
  Item item(Stage const& stage) {
    Item one{stage.id(), stage.record().stage, state_.of(stage).state, {}, {}, {}};
    if (one.state == ProductState::complete) return one;
    for (auto const& maker : project_.stages)
      if (state_.uses(stage, *maker) && state_.of(*maker).state != ProductState::complete)
        one.waits_for.push_back(maker->id());
    try {
      stage.preflight(comm_, outlook_);
      one.placement = placement_of(stage);
    } catch (Error const& error) {  // an input is neither made nor announced by a stage before it
      if (error.code() != ExitCode::missing_input) throw;
      one.unknown = error.what();
    }
    return one;
  }

  Placement placement_of(Stage const& stage) const {
    auto const estimate = [&](int n_ranks) { return estimate_of(stage, outlook_, n_ranks); };
    if (!line_.machine.described()) return as_asked(estimate(line_.ranks), line_.ranks);
    return place(estimate, !row_of(stage.record().stage).starts_over, line_.machine);
  }

  static StageRow row_of(std::string_view name) {
    auto const rows = stage_rows();
    return *std::ranges::find(rows, name, &StageRow::name);
  }

  Comm const& comm_;
  CommandLine const& line_;
  Project const& project_;
  RunState state_;
  Outlook outlook_;
};

int width_of(std::vector<std::string> const& ids) {
  std::size_t width = 8;
  for (auto const& id : ids) width = std::max(width, id.size());
  return static_cast<int>(width);
}

/// Cells of one row of the table; dashes where a product is complete.
struct Row {
  std::string tasks = "-", memory = "-", output = "-", time = "-", note;
};

Row row_of(Item const& item) {
  if (!item.unknown.empty()) return {"?", "?", "?", "?", item.unknown};
  if (!item.placement) return {};
  auto const& [nodes, tasks, memory, limit, requeues, estimate, refusal] = *item.placement;
  std::string note = estimate.note;
  if (requeues) note = "requeues itself; " + note;
  if (!refusal.empty()) note = "DOES NOT FIT: " + refusal;
  return {concat(nodes, " x ", (tasks + nodes - 1) / nodes), human_bytes(memory),
          human_bytes(estimate.output_bytes), human_seconds(limit), note};
}

std::string head_of(CommandLine const& line) {
  auto const& machine = line.machine;
  if (!machine.described())
    return concat("on ", line.ranks, line.ranks == 1 ? " rank:" : " ranks:");
  return concat("on at most ", machine.nodes, machine.nodes == 1 ? " node" : " nodes", " of ",
                machine.cores, " cores and ", human_bytes(machine.memory_bytes), "; memory is ",
                memory_margin, " times the estimate + ", human_bytes(memory_reserve_bytes),
                ", time ", time_margin, " times the estimate:");
}

void print_table(std::vector<Item> const& items, CommandLine const& line) {
  std::vector<std::string> ids;
  for (auto const& item : items) ids.push_back(item.id);
  int const width = width_of(ids);
  bool const placed = line.machine.described();
  std::cout << head_of(line) << "\n  " << std::left << std::setw(width) << "instance"
            << "  state    " << (placed ? " nodes x tasks" : "")
            << "  memory/rank    output          time\n";
  for (auto const& item : items) {
    Row const row = row_of(item);
    std::cout << "  " << std::left << std::setw(width) << item.id << "  " << std::setw(9)
              << name_of(item.state) << std::right;
    if (placed) std::cout << std::setw(14) << row.tasks;
    std::cout << std::setw(13) << row.memory << std::setw(10) << row.output << std::setw(14)
              << row.time << "  " << row.note << "\n";
  }
}

void print_totals(std::vector<Item> const& items) {
  double output = 0, seconds = 0, memory = 0;
  for (auto const& item : items) {
    if (!item.placement) continue;
    output += item.placement->estimate.output_bytes;
    seconds += item.placement->estimate.seconds;
    memory = std::max(memory, item.placement->estimate.memory_bytes);
  }
  std::cout << "all: " << human_bytes(memory) << " of memory per rank, " << human_bytes(output)
            << " of output, " << human_seconds(seconds) << "\n";
}

ordered_json json_of(Placement const& placement) {
  ordered_json all{{"nodes", placement.nodes},
                   {"tasks", placement.tasks},
                   {"memory_bytes", placement.memory_bytes},
                   {"limit_seconds", placement.limit_seconds},
                   {"requeues", placement.requeues},
                   {"estimated_memory_bytes", placement.estimate.memory_bytes},
                   {"estimated_seconds", placement.estimate.seconds},
                   {"output_bytes", placement.estimate.output_bytes},
                   {"note", placement.estimate.note}};
  if (!placement.refusal.empty()) all["does_not_fit"] = placement.refusal;
  return all;
}

void print_json(std::vector<Item> const& items, std::string const& directory) {
  ordered_json list = ordered_json::array();
  for (auto const& item : items) {
    ordered_json one{{"id", item.id},
                     {"stage", item.stage},
                     {"state", name_of(item.state)},
                     {"waits_for", item.waits_for}};
    if (item.placement) one["job"] = json_of(*item.placement);
    if (!item.unknown.empty()) one["unknown"] = item.unknown;
    list.push_back(std::move(one));
  }
  std::cout << ordered_json{{"run", directory}, {"products", list}}.dump(1) << "\n";
}

}  // namespace

int show_plan(Comm const& comm, CommandLine const& line, LearningBodies const&) {
  require(line.machine.described() == (line.machine.memory_bytes > 0), ExitCode::usage,
          "--cores and --node-memory describe a machine together; give both or neither");
  Project const project = open_project(line);
  auto const items = Planner(comm, line, project).items();
  if (line.json) {
    print_json(items, project.options.directory);
    return 0;
  }
  print_table(items, line);
  print_totals(items);
  return 0;
}

}  // namespace setsz
