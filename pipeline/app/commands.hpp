// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/app/command_line.hpp"
#include "pipeline/base/comm.hpp"
#include "stages/registry.hpp"

namespace setsz {

/// A configuration with all that follows from it.
struct Project {
  Configuration configuration;
  RunOptions options;
  StageList stages;
  std::vector<std::string> selected;

  bool is_selected(Stage const& stage) const;
  int width_of_ids() const;  ///< for tables
};
/// Local. \param text  the content of the configuration file
Project open_project(CommandLine const& line, std::string const& text,
                     LearningBodies const& bodies);
Project open_project(CommandLine const& line, LearningBodies const& bodies = {});

/// Commands that one process answers without MPI.
int show_options(CommandLine const& line);
int show_status(CommandLine const& line);
int inspect_file(std::string const& path);

/// Commands of all ranks. Collective.
int run_stages(Comm const& comm, CommandLine const& line, LearningBodies const& bodies);
int check_inputs(Comm const& comm, CommandLine const& line, LearningBodies const& bodies);
/// Of one process: what the selected instances would need.
int show_plan(Comm const& comm, CommandLine const& line);
int verify_run(Comm const& comm, CommandLine const& line);

}  // namespace setsz
