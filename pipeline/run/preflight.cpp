// SPDX-License-Identifier: BSD-3-Clause
// The first seconds of a run: everything that can be known to go wrong before work begins.
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/memory.hpp"
#include "pipeline/run/runner.hpp"

namespace setsz {

namespace {

/// What every stage costs for its lock, manifest and checks.
constexpr double process_seconds = 0.1;

/// With what HDF5 stores beside the values, and the manifest.
double disk_bytes(Estimate const& need, std::size_t n_files) {
  constexpr double share = 1.05, bytes_per_file = 32768;
  return share * need.output_bytes + bytes_per_file * real(n_files + 1);
}

/// Bytes that may still be written where `path` will be made.
double free_bytes(std::filesystem::path path) {
  path = std::filesystem::absolute(path);
  std::error_code ignored;
  while (!std::filesystem::exists(path, ignored) && path.has_parent_path())
    path = path.parent_path();
  struct statvfs status {};
  if (statvfs(path.c_str(), &status) != 0) return -1;
  return real(status.f_bavail) * real(status.f_frsize);
}

}  // namespace

/// Of a configuration whose `[run] stages` forgets a stage: it would end where the product is read,
/// after the work on all others.
void Runner::require_makers(std::vector<Stage*> const& chosen, std::vector<Stage*> const& to_run) {
  auto const is_made = [&](std::string const& id) {
    return std::any_of(chosen.begin(), chosen.end(),
                       [&](auto const* stage) { return stage->id() == id; });
  };
  on_root(comm_, "", [&] {
    for (auto const* stage : to_run)
      for (auto const& id : state_.unfinished_inputs(*stage))
        require(is_made(id), ExitCode::config, stage->id(), ": needs ", id,
                ", which is not complete, and [run] stages does not list '",
                id.substr(0, id.find('/')), "' that makes it; add it to the list");
  });
}

void Runner::preflight(std::vector<Stage*> const& chosen, std::vector<Stage*> const& to_run) {
  if (settings_.whole) require_makers(chosen, to_run);
  Outlook outlook(settings_.options, settings_.process_bytes);
  for (auto const* stage : to_run) {
    mark_progress("preflight");
    auto const with_name = [&](Error const& error) {
      return concat(stage->id(), ": ", error.what());
    };
    try {
      check_products(*stage);
      stage->preflight(comm_, outlook);
    } catch (CollectiveError const& error) {
      throw CollectiveError(error.code(), with_name(error));
    } catch (Error const& error) {
      throw Error(error.code(), with_name(error));
    }
  }
  check_needs(to_run, outlook);
}

void Runner::check_needs(std::vector<Stage*> const& to_run, Outlook const& outlook) {
  int const neighbours = ranks_on_this_node(comm_);
  on_root(comm_, "", [&] {
    double output = 0;
    for (auto const* stage : to_run) {
      Estimate need;
      try {
        need = estimate_of(*stage, outlook, comm_.size());
      } catch (Error const& error) {  // an input is neither made nor expected
        if (error.code() != ExitCode::missing_input) throw;
        Log::detail(stage->id(), ": estimate not available yet (", error.what(), ")");
        continue;
      }
      double const memory = node_memory_bytes();
      require(need.memory_bytes * neighbours <= memory, ExitCode::out_of_memory, stage->id(),
              ": needs ", human_bytes(need.memory_bytes), " on each of ", neighbours,
              " ranks of this node, which has ", human_bytes(memory),
              "; use more nodes or a smaller run.memory_mb (see `setsz plan`)");
      output += disk_bytes(need, stage->record().outputs.size());
    }
    double const space = free_bytes(settings_.options.directory);
    require(space < 0 || output <= space, ExitCode::io, "the products need ", human_bytes(output),
            ", but ", human_bytes(space), " are free in '", settings_.options.directory,
            "'; free some space or use another run.directory (nothing was started)");
  });
}

Estimate estimate_of(Stage const& stage, Outlook const& outlook, int n_ranks) {
  Estimate need = stage.estimate(outlook, n_ranks);
  need.memory_bytes += outlook.process_bytes();
  need.seconds += process_seconds;
  return need;
}

}  // namespace setsz
