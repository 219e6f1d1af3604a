// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/run/stage.hpp"

namespace setsz {

/// What the user asked for. Parsing throws Error(usage) with the nearest legal word.
struct CommandLine {
  std::string command;              ///< "run", "status", ..., "help", "version"
  std::string target;               ///< the configuration, run directory or file
  std::vector<std::string> set;     ///< "section.key=value"
  std::vector<std::string> stages;  ///< --stage a,b; empty: as [run] stages says
  std::string from, until;
  std::vector<std::string> only;  ///< "predict/z0/lo_gnfw": instances with this id or below it
  bool force = false;
  int ranks = 1;                ///< of `plan`
  std::string format = "text";  ///< of `options`: text, markdown, ini
};
CommandLine parse_command_line(std::vector<std::string> const& arguments);
std::string usage_text();

/// The ids of the instances that a command line and [run] stages ask for, in order.
/// \param stage_names  all stages there are, in order
std::vector<std::string> select_instances(StageList const& all,
                                          std::vector<std::string> const& stage_names,
                                          std::vector<std::string> const& configured,
                                          CommandLine const& line);

}  // namespace setsz
