// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace setsz {

/// results.md: results.json as a page to read, in Markdown whose tables line up as plain text too.
std::string results_text(nlohmann::json const& results);

}  // namespace setsz
