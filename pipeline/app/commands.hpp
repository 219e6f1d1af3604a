// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/app/command_line.hpp"

namespace setsz {

class Comm;
struct LearningBodies;

/// Commands that one process answers without MPI. They return the exit code.
int show_help(CommandLine const& line);
int show_version(CommandLine const& line);
int show_options(CommandLine const& line);
int show_status(CommandLine const& line);
int show_stages(CommandLine const& line);
int inspect_file(CommandLine const& line);
int make_report(CommandLine const& line);

/// Commands of all ranks. Collective.
int run_stages(Comm const& comm, CommandLine const& line, LearningBodies const& bodies);
int check_inputs(Comm const& comm, CommandLine const& line, LearningBodies const& bodies);
int show_plan(Comm const& comm, CommandLine const& line, LearningBodies const& bodies);
int verify_run(Comm const& comm, CommandLine const& line, LearningBodies const& bodies);

}  // namespace setsz
