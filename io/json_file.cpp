// SPDX-License-Identifier: BSD-3-Clause
#include "io/json_file.hpp"

#include <algorithm>
#include <cstdint>

#include "pipeline/base/file.hpp"

namespace setsz {

namespace {

/// The largest number of brackets that are open at once, outside of texts.
std::int64_t depth_of(std::string const& text) {
  std::int64_t depth = 0, deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (in_text && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_text = !in_text;
    } else if (!in_text && (c == '[' || c == '{')) {
      deepest = std::max(deepest, ++depth);
    } else if (!in_text && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

nlohmann::json parse_json(std::string const& text) {
  constexpr std::int64_t most = 64;
  auto const depth = depth_of(text);
  require(depth <= most, ExitCode::bad_data, "JSON nested ", depth, " deep (at most ", most,
          " is allowed)");
  try {
    return nlohmann::json::parse(text);
  } catch (nlohmann::json::exception const& error) {
    fail(ExitCode::bad_data, error.what());
  }
}

nlohmann::json read_json(std::string const& path) {
  std::string const text = durable::read_text(path);
  try {
    return parse_json(text);
  } catch (Error const& error) {
    fail(ExitCode::bad_data, "'", path, "' is not valid JSON (", error.what(),
         "); recreate the file");
  }
}

void write_json(Comm const& comm, std::string const& path, nlohmann::json const& document) {
  on_root(comm, "writing a JSON file", [&] {
    durable::Writer file(path);
    file.write(document.dump(1) + "\n");
    file.sync();
  });
}

}  // namespace setsz
