// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/app/command_line.hpp"
#include "pipeline/run/stage.hpp"

namespace setsz {

/// What a selection must know of a stage beside its instances.
struct StageNote {
  std::string name;
  std::string needs;       ///< sections without which it has no instance: "[model.NAME]"
  bool by_default = true;  ///< runs if neither [run] stages nor --stage lists any stage
};

/// The ids of the instances that a command line and [run] stages ask for, in order.
///
/// Throws Error(config) if a listed stage has no instance, Error(usage) if the command line names
/// a stage or an instance that does not exist.
///
/// \param all         all instances of the configuration, in order
/// \param notes       all stages there are, in order
/// \param configured  [run] stages
std::vector<std::string> select_instances(StageList const& all, std::vector<StageNote> const& notes,
                                          std::vector<std::string> const& configured,
                                          CommandLine const& line);

}  // namespace setsz
