// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace boost::program_options {
class options_description;
}

namespace setsz {

class Comm;
struct CommandLine;
struct LearningBodies;

/// Adds some options to a description; parsing them fills the CommandLine.
using OptionGroup = void (*)(boost::program_options::options_description&, CommandLine&);

/// A command of the program, declared once: the parser, the help and the dispatch use this row.
struct Command {
  std::string name;
  std::string target;       ///< what it works on, as the help shows it: "CONFIG.ini"; may be empty
  std::string target_name;  ///< the same in words, for messages: "configuration"
  std::string summary;      ///< one line for the overview
  std::string description;  ///< the text of its own help
  std::string examples;     ///< one command a line
  std::vector<OptionGroup> options;
  /// Either answers on one process, without MPI, or works on all ranks. Returns the exit code.
  int (*answer)(CommandLine const&) = nullptr;
  int (*work)(Comm const&, CommandLine const&, LearningBodies const&) = nullptr;
};

/// All commands, in the order of the overview.
std::vector<Command> const& commands();
/// \pre parse_command_line has accepted this name
Command const& command_named(std::string_view name);

}  // namespace setsz
