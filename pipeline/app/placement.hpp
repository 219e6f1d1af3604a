// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "pipeline/app/machine.hpp"
#include "pipeline/run/stage.hpp"

namespace setsz {

/// What to ask of the batch system for one product.
struct JobShape {
  int nodes = 1, tasks = 1;
  double memory_bytes = 0;   ///< of a task, margin included
  double limit_seconds = 0;  ///< time limit, margin included
  bool requeues = false;  ///< longer than the longest job: saves its work and goes on in the next
  Estimate estimate{};    ///< with this number of tasks, without margins
  std::string refusal;    ///< not empty: it cannot run here, and why
};

/// Memory is asked for with this factor above the estimate, and this much more.
constexpr double memory_margin = 1.3, memory_reserve_bytes = 200e6;
/// Time is asked for with this factor above the estimate, but never less than the second number.
constexpr double time_margin = 3, least_seconds = 900;

/// Chooses the fewest tasks that fit into the memory and reach the time that is wished for; if no
/// number reaches it, the fewest within 10% of the shortest time.
///
/// \param estimate  of the product on a number of ranks, the program included
/// \param resumes   goes on from its journal in a second job
JobShape place(std::function<Estimate(int n_ranks)> const& estimate, bool resumes,
               Machine const& machine);

}  // namespace setsz
