// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "pipeline/app/command_line.hpp"
#include "stages/registry.hpp"

namespace setsz {

/// A configuration with all that follows from it.
struct Project {
  Configuration configuration;
  RunOptions options;
  StageList stages;                   ///< all instances of the configuration
  std::vector<std::string> selected;  ///< ids of those that the command line asks for

  std::vector<Stage const*> selected_stages() const;
  /// Does one of them need libtorch?
  bool needs_libtorch() const;
  /// What a rank takes before it works: the program and its libraries.
  double process_bytes() const;
};

/// Local: the text of a configuration. A file that is no regular one, or that is larger than any
/// configuration: Error(missing_input, config).
std::string read_configuration(std::string const& path);

/// Local. \param text  the content of the configuration file
Project open_project(CommandLine const& line, std::string const& text,
                     LearningBodies const& bodies);
/// Local: reads the configuration, and the files of trained models that it names.
Project open_project(CommandLine const& line);
/// Local: reads the configuration alone. Enough to know which instances there are.
Project outline_project(CommandLine const& line);

/// Local: the assignments by which files of trained models complete a configuration, for `set` of
/// the command line (stages/common/trained_model.hpp).
std::vector<std::string> settings_from_files(CommandLine const& line, std::string const& text);

}  // namespace setsz
