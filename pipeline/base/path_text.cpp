// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/path_text.hpp"

#include <cctype>
#include <cstdlib>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

/// The length of the name that begins at `at`: letters, digits and underscores.
std::size_t name_length(std::string const& text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
    ++end;
  return end - at;
}

std::string value_of(std::string const& name, std::string const& written) {
  bool const is_name = !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front()));
  require(is_name, ExitCode::config, "'", written,
          "': missing variable name after '$' (write $NAME, ${NAME}, or $$ for a dollar sign)");
  char const* const value = std::getenv(name.c_str());
  require(value && *value, ExitCode::config, "'", written, "': the environment variable ", name,
          value ? " is empty" : " is not set", "; export it, or write the full path");
  return value;
}

/// "~" and "~/data": the home directory, as in a shell.
std::string home_of(std::string const& written) {
  bool const own = written.size() == 1 || written[1] == '/';
  require(
      own, ExitCode::config, "'", written,
      "': ~ stands for your home directory only before a slash; write the full path (./~... for "
      "a file whose name begins with ~)");
  return value_of("HOME", written);
}

}  // namespace

std::string expand_variables(std::string const& written) {
  std::string expanded;
  std::size_t i = 0;
  if (written.starts_with('~')) {
    expanded = home_of(written);
    i = 1;
  }
  while (i < written.size()) {
    if (written[i] != '$') {
      expanded += written[i++];
    } else if (i + 1 < written.size() && written[i + 1] == '$') {
      expanded += '$';
      i += 2;
    } else if (i + 1 < written.size() && written[i + 1] == '{') {
      auto const length = name_length(written, i + 2);
      auto const end = i + 2 + length;
      require(end < written.size() && written[end] == '}', ExitCode::config, "'", written,
              "': '${' without a name or a closing '}' (write ${NAME})");
      expanded += value_of(written.substr(i + 2, length), written);
      i = end + 1;
    } else {
      auto const length = name_length(written, i + 1);
      expanded += value_of(written.substr(i + 1, length), written);
      i += 1 + length;
    }
  }
  return expanded;
}

std::string without_variables(std::string const& path) {
  std::string text = path.starts_with('~') ? "./" : "";
  for (char const c : path) text += c == '$' ? std::string("$$") : std::string(1, c);
  return text;
}

}  // namespace setsz
