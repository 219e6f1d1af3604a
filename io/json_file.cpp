// SPDX-License-Identifier: BSD-3-Clause
#include "io/json_file.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

#include "pipeline/base/file.hpp"
#include "pipeline/base/text.hpp"

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

/// \param filter  see nlohmann::json::parse
nlohmann::json parse_json(std::string const& text,
                          nlohmann::json::parser_callback_t const& filter) {
  constexpr std::int64_t most = 64;
  auto const depth = depth_of(text);
  require(depth <= most, ExitCode::bad_data, "JSON nested ", depth, " deep (at most ", most,
          " is allowed)");
  try {
    return nlohmann::json::parse(text, filter);
  } catch (nlohmann::json::parse_error const& error) {
    fail(ExitCode::bad_data, error.what());
  }
}

nlohmann::json read_json(std::string const& path, nlohmann::json::parser_callback_t const& filter) {
  std::string const text = durable::read_text(path);
  try {
    return parse_json(text, filter);
  } catch (Error const& error) {
    fail(ExitCode::bad_data, "'", path, "' is not valid JSON (", error.what(),
         "); recreate the file");
  }
}

/// Indented by one blank a level, as all our files are, at this level of a document.
std::string indented(nlohmann::json const& value, std::size_t level) {
  std::string const break_here = "\n" + std::string(level, ' ');
  std::string text;
  for (char const c : value.dump(1))
    if (c == '\n')
      text += break_here;
    else
      text += c;
  return text;
}

/// The rows in the place of the list. \param level  of the document at which the list is
void write_rows(durable::Writer& file, JsonRows const& rows, std::size_t level) {
  std::string const outer = "\n" + std::string(level, ' ');
  file.write("[");
  for (std::int64_t i = 0; i < rows.n; ++i) {
    file.write(concat(i == 0 ? "" : ",", outer, " "));
    file.write(indented(rows.row(i), level + 1));
  }
  file.write(rows.n > 0 ? outer + "]" : "]");
}

}  // namespace

nlohmann::json parse_json(std::string const& text) { return parse_json(text, nullptr); }

nlohmann::json read_json(std::string const& path) { return read_json(path, nullptr); }

nlohmann::json read_json(std::string const& path, std::string const& key,
                         std::function<void(nlohmann::json const&)> const& take) {
  using Event = nlohmann::json::parse_event_t;
  bool among_rows = false;
  return read_json(path, [&](int depth, Event event, nlohmann::json& parsed) {
    if (event == Event::key && depth == 1) among_rows = parsed == key;
    if (!among_rows || event != Event::object_end || depth != 2) return true;
    take(parsed);
    return false;
  });
}

void write_json(Comm const& comm, std::string const& path, nlohmann::json const& document) {
  write_json(comm, path, document, {});
}

void write_json(Comm const& comm, std::string const& path, nlohmann::json document,
                std::vector<JsonRows> const& lists) {
  on_root(comm, "writing a JSON file", [&] {
    // Each list has a text in its place, which no product contains.
    auto const place = [](std::size_t i) { return concat("\x01 list ", i); };
    for (std::size_t i = 0; i < lists.size(); ++i)
      document[nlohmann::json::json_pointer(lists[i].at)] = place(i);
    std::string const text = document.dump(1) + "\n";
    std::map<std::size_t, std::size_t> lists_at;
    for (std::size_t i = 0; i < lists.size(); ++i)
      lists_at[text.find(nlohmann::json(place(i)).dump())] = i;
    durable::Writer file(path);
    std::size_t written = 0;
    for (auto const& [at, i] : lists_at) {
      file.write(std::string_view(text).substr(written, at - written));
      write_rows(file, lists[i], static_cast<std::size_t>(std::ranges::count(lists[i].at, '/')));
      written = at + nlohmann::json(place(i)).dump().size();
    }
    file.write(std::string_view(text).substr(written));
    file.sync();
  });
}

}  // namespace setsz
