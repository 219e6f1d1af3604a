// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace setsz {

/// An entry of an option that says which column is what.
struct ChosenColumn {
  std::string what, name;
  std::string unit;  ///< empty: as the file says
};

/// "mass: M200c [Msun/h]" or "mass: M200c". Error(config) for another form.
/// \param known   what a column can be
/// \param option  for messages: "columns"
ChosenColumn column_choice(std::string_view text, std::vector<std::string> const& known,
                           std::string_view option);

}  // namespace setsz
