// SPDX-License-Identifier: BSD-3-Clause
#include "io/tables/column_choice.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace setsz {

ChosenColumn column_choice(std::string_view text, std::vector<std::string> const& known,
                           std::string_view option) {
  auto const colon = text.find(':');
  ChosenColumn choice{trim(text.substr(0, colon)), "", ""};
  bool const is_known = std::find(known.begin(), known.end(), choice.what) != known.end();
  require(colon != std::string_view::npos && is_known, ExitCode::config, option, ": '", text,
          "' is not of the form WHAT: NAME [UNIT] with WHAT one of ", join(known, ", "));
  choice.name = trim(text.substr(colon + 1));
  auto const bracket = choice.name.find('[');
  if (bracket == std::string::npos || choice.name.back() != ']') return choice;
  choice.unit = choice.name.substr(bracket + 1, choice.name.size() - bracket - 2);
  choice.name = trim(std::string_view(choice.name).substr(0, bracket));
  return choice;
}

}  // namespace setsz
