// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

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

}  // namespace setsz
