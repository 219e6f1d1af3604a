// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

namespace setsz {

/// "a, b, c": the names of the rows of a table, for messages and help.
/// \param name  of a row: a member or a function
template <class Table, class Name>
std::string name_list(Table const& table, Name name) {
  std::string list;
  for (auto const& row : table) {
    if (!list.empty()) list += ", ";
    list += std::invoke(name, row);
  }
  return list;
}

}  // namespace setsz
