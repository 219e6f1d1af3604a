// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/run_options.hpp"

#include "pipeline/base/error.hpp"

namespace setsz {

void RunOptions::declare(OptionList& options) {
  options.add("directory", directory,
              {.help = "folder of all products; created if missing",
               .affects = Affects::running,
               .is_path = true});
  options.add("stages", stages,
              {.help = "stages that `setsz run` works through; empty: all except mock",
               .affects = Affects::running});
  options.add("seed", seed, {.help = "seed of all random numbers", .min = 0});
  options.add("memory_mb", memory_mb,
              {.unit = "MB",
               .help = "working memory per rank, in addition to the data that a stage must keep",
               .min = 1,
               .affects = Affects::running});
  options.add("checkpoint_minutes", checkpoint_minutes,
              {.unit = "min",
               .help = "time between two checkpoints of a long stage",
               .min = 0,
               .affects = Affects::running});
  options.add(
      "watchdog_seconds", watchdog_seconds,
      {.unit = "s",
       .help =
           "end the run with code 70 if a rank makes no progress for this time, a second or more; "
           "0: never; raise it if single steps take longer",
       .min = 0,
       .affects = Affects::running});
  options.add("slice_rows", slice_rows,
              {.help = "rows of a snapshot that are read at a time; sums are added slice by slice",
               .min = 1});
  options.add("log_level", log_level,
              {.help = "0: warnings, 1: progress, 2: details",
               .min = 0,
               .max = 2,
               .affects = Affects::running});
}

void RunOptions::validate() const {
  require(!directory.empty(), ExitCode::config, "directory is empty");
  require(watchdog_seconds == 0 || watchdog_seconds >= 1, ExitCode::config,
          "watchdog_seconds = ", watchdog_seconds,
          " would end ranks in the middle of their work; give a second or more (600 is the "
          "default), or 0 for no watchdog");
}

}  // namespace setsz
