// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"

namespace setsz {

/// Local. Missing: Error(missing_input). Not JSON: Error(bad_data) with the reason and its place.
nlohmann::json read_json(std::string const& path);

/// The same without the objects of a list of the document, `key`: `take` gets them, one by one, and
/// the list that is returned is empty. A file of a million rows takes the memory of its text.
nlohmann::json read_json(std::string const& path, std::string const& key,
                         std::function<void(nlohmann::json const&)> const& take);

/// Local. Error(bad_data) if it is not JSON, or nested deeper than any product of setsz: programs
/// that walk through it would run out of stack.
nlohmann::json parse_json(std::string const& text);

/// Collective: rank 0 writes its `document`, indented, and waits until it is on the disk.
///
/// The file is written in place: stages give the name of a part (`context.part(...)`), which gets
/// its final name when the product is published. All ranks return, or all throw the same
/// CollectiveError (cannot_create or io).
void write_json(Comm const& comm, std::string const& path, nlohmann::json const& document);

/// A long list of a document, of which no more than a row is in memory.
struct JsonRows {
  std::string at;  ///< where it is: "/clusters"
  std::int64_t n = 0;
  std::function<nlohmann::json(std::int64_t)> row;  ///< asked on rank 0, in their order
};
/// The same bytes as with the rows in the document, where they are not yet.
void write_json(Comm const& comm, std::string const& path, nlohmann::json document,
                std::vector<JsonRows> const& lists);

}  // namespace setsz
