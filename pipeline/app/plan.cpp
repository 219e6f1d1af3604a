// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "pipeline/app/commands.hpp"
#include "pipeline/app/placement.hpp"
#include "pipeline/app/product_groups.hpp"
#include "pipeline/app/project.hpp"
#include "pipeline/base/terminal.hpp"
#include "pipeline/run/runner.hpp"

namespace setsz {

namespace {

using nlohmann::ordered_json;  // in the order that the help shows

/// One product of the plan.
struct Item {
  std::string id, stage;
  ProductState state = ProductState::missing;
  std::vector<std::string> waits_for;  ///< products that it reads and that are not complete
  std::optional<JobShape> placement;   ///< nothing if complete or not known
  std::string unknown;                 ///< why there is no estimate
};

/// On a machine that nobody described: the number of ranks that the user gave.
JobShape as_asked(Estimate const& estimate, int n_ranks) {
  JobShape placement;
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

  JobShape placement_of(Stage const& stage) const {
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

/// Cells of one row of the table; dashes where a product is complete.
struct Row {
  std::string tasks = "-", memory = "-", output = "-", time = "-", note;
};

/// Of products that share a line: the largest memory, the sum of output and time.
JobShape together(std::vector<Item> const& items, ProductGroup const& group) {
  JobShape all = *items[group.members.front()].placement;
  for (std::size_t i = 1; i < group.members.size(); ++i) {
    auto const& one = *items[group.members[i]].placement;
    all.nodes = std::max(all.nodes, one.nodes);
    all.tasks = std::max(all.tasks, one.tasks);
    all.memory_bytes = std::max(all.memory_bytes, one.memory_bytes);
    all.limit_seconds += one.limit_seconds;
    all.estimate.output_bytes += one.estimate.output_bytes;
  }
  return all;
}

std::string note_of(JobShape const& placement) {
  if (!placement.refusal.empty()) return "DOES NOT FIT: " + placement.refusal;
  auto const& note = placement.estimate.note;
  return placement.requeues ? "requeues itself" + (note.empty() ? "" : "; " + note) : note;
}

Row row_of(std::vector<Item> const& items, ProductGroup const& group) {
  auto const& first = items[group.members.front()];
  auto const n = group.members.size();
  std::string const count = n > 1 ? concat(n, " products; ") : "";
  if (!first.unknown.empty()) return {"?", "?", "?", "?", count + first.unknown};
  if (!first.placement) return {"-", "-", "-", "-", n > 1 ? concat(n, " products") : ""};
  auto const placement = together(items, group);
  return {concat(placement.nodes, " x ", (placement.tasks + placement.nodes - 1) / placement.nodes),
          human_bytes(placement.memory_bytes), human_bytes(placement.estimate.output_bytes),
          human_seconds(placement.limit_seconds), count + note_of(placement)};
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

/// Products may share a line that have the same state, the same kind of job and the same note.
std::vector<ProductGroup> groups_of(std::vector<Item> const& items, bool all) {
  std::vector<std::string> ids, kinds;
  for (auto const& item : items) {
    ids.push_back(item.id);
    kinds.push_back(concat(name_of(item.state), "\n", item.unknown, "\n",
                           item.placement ? note_of(*item.placement) : ""));
  }
  return all ? each_alone(ids) : group_products(ids, kinds);
}

void print_row(std::string const& name, std::string_view state, Row const& row, int width,
               bool placed) {
  auto const room = static_cast<std::size_t>(width);
  std::cout << "  " << std::left << std::setw(width) << name;
  if (name.size() > room) std::cout << "\n  " << std::string(room, ' ');
  std::cout << " " << std::setw(9) << state << std::right;
  if (placed) std::cout << std::setw(8) << row.tasks;
  std::cout << std::setw(9) << row.memory << std::setw(9) << row.output << std::setw(13) << row.time
            << "\n";
  if (!row.note.empty()) std::cout << wrapped(row.note, 6) << "\n";
}

void print_table(std::vector<Item> const& items, CommandLine const& line) {
  bool const placed = line.machine.described();
  auto const groups = groups_of(items, line.all);
  std::size_t longest = 8;
  for (auto const& group : groups) longest = std::max(longest, group.name.size());
  int const width = static_cast<int>(std::min<std::size_t>(longest, placed ? 29 : 37));
  std::cout << wrapped(head_of(line), 0) << "\n";
  print_row("product", "state", {"n x task", "memory", "output", "time", ""}, width, placed);
  for (auto const& group : groups)
    print_row(group.name, name_of(items[group.members.front()].state), row_of(items, group), width,
              placed);
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

ordered_json json_of(JobShape const& placement) {
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
