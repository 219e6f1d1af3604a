// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace setsz {

/// The lines of a configuration file that say something.
struct IniText {
  struct Section {
    std::string name;
    int line;
  };
  struct Value {
    std::string section, key;
    std::string text;  ///< as it is written: quotes stay
    int line;
  };
  std::vector<Section> sections;
  std::vector<Value> values;
};

/// Reads [section] and key = value lines. A comment begins with # or ; at the head of a line, or
/// after a blank and before one (`3 # like this`). Elsewhere # and ; belong to the value (data#7);
/// after a blank they are ambiguous (data #7) and refused outside quotes.
///
/// All mistakes of the text are reported in one Error(config), a line each: "path:7: ...".
IniText parse_ini(std::string const& text, std::string const& path);

}  // namespace setsz
