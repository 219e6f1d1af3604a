// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/placement.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/text.hpp"

namespace setsz {

namespace {

/// Below this share of the speed of one core, more tasks are a waste.
constexpr double least_efficiency = 0.5;

/// Numbers of tasks worth a try: small ones that divide the work of most stages, then full nodes.
std::set<int> candidates(Machine const& machine) {
  std::set<int> numbers;
  int const most = machine.nodes * machine.cores;
  for (int n = 1; n <= most; n *= 2) {
    numbers.insert(n);
    if (3 * n <= most) numbers.insert(3 * n);
  }
  for (int nodes = 1; nodes <= machine.nodes; nodes *= 2) numbers.insert(nodes * machine.cores);
  numbers.insert(most);
  return numbers;
}

/// Whole megabytes, because batch systems count in them.
double with_margin(double bytes) {
  return std::ceil((memory_margin * bytes + memory_reserve_bytes) / 1e6) * 1e6;
}

/// Nodes for so many tasks; nothing if their memory does not fit.
std::optional<int> nodes_for(int tasks, double bytes, Machine const& machine) {
  auto const fit = static_cast<int>(std::min(machine.memory_bytes / bytes, real(machine.cores)));
  if (fit == 0) return std::nullopt;
  int const nodes = (tasks + fit - 1) / fit;
  return nodes <= machine.nodes ? std::optional(nodes) : std::nullopt;
}

/// All that fit, the fewest tasks first.
std::vector<JobShape> fitting(std::function<Estimate(int)> const& estimate,
                              Machine const& machine) {
  std::vector<JobShape> found;
  for (int const tasks : candidates(machine)) {
    JobShape one;
    one.tasks = tasks;
    one.estimate = estimate(tasks);
    one.memory_bytes = with_margin(one.estimate.memory_bytes);
    auto const nodes = nodes_for(tasks, one.memory_bytes, machine);
    if (!nodes) continue;
    one.nodes = *nodes;
    found.push_back(std::move(one));
  }
  return found;
}

JobShape refused_for_memory(std::function<Estimate(int)> const& estimate, Machine const& machine) {
  JobShape refused;
  refused.tasks = machine.nodes;  // one on each node: as much memory as a task can get
  refused.nodes = machine.nodes;
  refused.estimate = estimate(refused.tasks);
  refused.memory_bytes = with_margin(refused.estimate.memory_bytes);
  refused.refusal = concat("needs ", human_bytes(refused.memory_bytes), " of memory for each of ",
                           refused.tasks, refused.tasks == 1 ? " task" : " tasks",
                           " (margin included), but a node has ", human_bytes(machine.memory_bytes),
                           "; use nodes with more memory, more nodes, or a smaller run.memory_mb");
  return refused;
}

JobShape const& choose(std::vector<JobShape> const& fits, double wish) {
  auto const seconds = [](JobShape const& one) { return one.estimate.seconds; };
  auto const& first = fits.front();
  auto const efficient = [&](JobShape const& one) {
    return seconds(one) * one.tasks * least_efficiency <= seconds(first) * first.tasks;
  };
  double shortest = seconds(first);
  for (auto const& one : fits)
    if (efficient(one)) shortest = std::min(shortest, seconds(one));
  double const enough = std::max(wish, 1.1 * shortest);
  return *std::find_if(fits.begin(), fits.end(), [&](JobShape const& one) {
    return efficient(one) && seconds(one) <= enough;
  });
}

void set_limit(JobShape& chosen, bool resumes, Machine const& machine) {
  constexpr double step = 60;
  double const asked = std::max(least_seconds, time_margin * chosen.estimate.seconds);
  chosen.limit_seconds = std::ceil(asked / step) * step;
  if (machine.max_seconds <= 0 || chosen.limit_seconds <= machine.max_seconds) return;
  chosen.limit_seconds = std::floor(machine.max_seconds / step) * step;
  if (chosen.estimate.seconds <= machine.max_seconds) return;  // fits, with a smaller margin
  chosen.requeues = resumes;
  if (resumes) return;
  chosen.refusal =
      concat("takes ", human_seconds(chosen.estimate.seconds), " on ", chosen.tasks,
             chosen.tasks == 1 ? " task" : " tasks", ", but a job may take ",
             human_seconds(machine.max_seconds),
             ", and this stage cannot be split over several jobs; use a partition with a longer "
             "limit, or more nodes");
}

}  // namespace

JobShape place(std::function<Estimate(int)> const& estimate, bool resumes, Machine const& machine) {
  auto const fits = fitting(estimate, machine);
  if (fits.empty()) return refused_for_memory(estimate, machine);
  JobShape chosen = choose(fits, machine.wish_seconds);
  set_limit(chosen, resumes, machine);
  return chosen;
}

}  // namespace setsz
