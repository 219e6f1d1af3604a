// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/base/comm.hpp"

namespace setsz {

/// Local. Missing: Error(missing_input). Not JSON: Error(bad_data) with the reason and its place.
nlohmann::json read_json(std::string const& path);

/// Local. Error(bad_data) if it is not JSON, or nested deeper than any product of setsz: programs
/// that walk through it would run out of stack.
nlohmann::json parse_json(std::string const& text);

/// Collective: rank 0 writes its `document`, indented, and waits until it is on the disk.
///
/// The file is written in place: stages give the name of a part (`context.part(...)`), which gets
/// its final name when the product is published. All ranks return, or all throw the same
/// CollectiveError (cannot_create or io).
void write_json(Comm const& comm, std::string const& path, nlohmann::json const& document);

}  // namespace setsz
