// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "pipeline/app/machine.hpp"

namespace setsz {

/// What the user asked for.
struct CommandLine {
  std::string command;              ///< "run", "status", ..., "help", "version"
  std::string target;               ///< the configuration, run directory or file; the topic of help
  std::vector<std::string> set;     ///< "section.key=value"
  std::vector<std::string> stages;  ///< --stage a,b; empty: as [run] stages says
  std::string from, until;
  std::vector<std::string> only;     ///< "predict/z0/lo_gnfw": instances with this id or below it
  std::vector<std::string> exactly;  ///< instances with exactly these ids
  bool force = false;
  bool values = false;             ///< of `inspect`: the range of every dataset
  bool all = false;                ///< of `status` and `plan`: do not group products
  bool json = false;               ///< of `status`, `stages` and `plan`: output for scripts
  bool exit_code = false;          ///< of `status`: 75 unless all is complete
  bool instances = false;          ///< of `stages`: with their ids
  int ranks = 1;                   ///< of `plan`
  std::string out;                 ///< of `report`: its folder; empty: RUN/report
  std::string python = "python3";  ///< of `report`
  Machine machine;                 ///< of `plan`: instead of a number of ranks
  std::string format = "text";     ///< of `options`: text, markdown, ini
};

/// Throws Error(usage), which names the nearest command or option.
CommandLine parse_command_line(std::vector<std::string> const& arguments);

/// The help on a command or a topic, or the overview if `name` is empty.
std::string help_text(std::string const& name);

}  // namespace setsz
