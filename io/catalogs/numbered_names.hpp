// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "io/catalogs/halo_columns.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

/// Names without the number of their column at the end: "pid(5)" -> "pid", "A[x](500c)(53)" ->
/// "A[x](500c)". Other names stay.
inline std::vector<std::string> without_numbers(std::vector<std::string> names) {
  for (auto& name : names) {
    auto const open = name.rfind('(');
    bool const numbered = open != std::string::npos && open > 0 && name.back() == ')' &&
                          open + 2 < name.size() &&
                          name.find_first_not_of("0123456789", open + 1) == name.size() - 1;
    if (numbered) name.resize(open);
  }
  return names;
}

/// Columns of these names, of which every row must have one each.
inline HaloColumns columns_named(std::vector<std::string> const& names, std::size_t n_in_row,
                                 std::string const& path) {
  require(names.size() == n_in_row, ExitCode::bad_data, "'", path, "': the header names ",
          names.size(), " columns but the rows hold ", n_in_row, "; is the file complete?");
  HaloColumns columns;
  columns.names = names;
  return columns;
}

}  // namespace setsz
