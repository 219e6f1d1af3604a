// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace setsz {

/// What `setsz help TOPIC` explains beside the commands.
struct Topic {
  std::string_view name;
  std::string_view summary;  ///< one line for the overview
  /// Lists come from the tables of stages, sections and formats, so that none is forgotten.
  std::string (*text)();
};
std::vector<Topic> const& topics();

/// All exit codes with their meaning, a line each.
std::string exit_codes_text();

}  // namespace setsz
