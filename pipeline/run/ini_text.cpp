// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/ini_text.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace setsz {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_mark(char c) { return c == '#' || c == ';'; }

/// As strictly as the JSON of manifests wants it.
bool is_utf8(std::string const& text) try {
  return !nlohmann::json(text).dump().empty();
} catch (nlohmann::json::type_error const&) {
  return false;
}

/// Goes through the text line by line and notes what is there and what is wrong.
class Reader {
 public:
  explicit Reader(std::string const& path) : path_(path) {}

  void read(std::string const& raw) {
    ++number_;
    if (raw.starts_with("\xEF\xBB\xBF"))
      return wrong("the file begins with a byte order mark; save it as plain UTF-8");
    if (number_ == 1 && (raw.starts_with("\xFF\xFE") || raw.starts_with("\xFE\xFF")))
      return wrong("the file is text in UTF-16; save it as plain UTF-8");
    if (raw.find('\0') != std::string::npos) return wrong("a zero byte; this is not a text file");
    if (auto const at = raw.find('\r'); at != std::string::npos && at + 1 < raw.size())
      return wrong("a carriage return (CR) within a line; end lines with LF or CR LF");
    if (raw.find('\t') != std::string::npos) return wrong("a tab character; use spaces");
    std::string const line = trim(raw);
    if (line.empty() || is_mark(line.front())) return;
    if (line.front() == '[') return heading(without_comment(line));
    assignment(line);
  }

  IniText finish() {
    if (found_.sections.empty() && problems_.empty())
      problems_.push_back(
          concat(path_, ": no [section] in it (empty or not a configuration file?)"));
    if (!problems_.empty()) fail(ExitCode::config, join(problems_, "\n  "));
    return std::move(found_);
  }

 private:
  template <class... Parts>
  void wrong(Parts const&... parts) {
    problems_.push_back(concat(path_, ":", number_, ": ", parts...));
  }

  /// Cuts a comment off. Quotes count where a value, or an item of a list, begins with one.
  std::string without_comment(std::string_view text) {
    char quote = 0;
    bool begins = true;  // an item of a list
    for (std::size_t i = 0; i < text.size(); ++i) {
      char const c = text[i];
      if (quote) {
        if (c == quote) quote = 0;
        continue;
      }
      if (begins && (c == '"' || c == '\'')) quote = c;
      if (is_mark(c) && (i == 0 || is_blank(text[i - 1]))) {
        auto const after = text.find_first_not_of(c, i);
        if (after == std::string_view::npos || is_blank(text[after]))
          return trim(text.substr(0, i));
        wrong("'", text.substr(i, 24), "' after a blank is ambiguous: write '", c,
              " ' with a blank behind it before a comment, or quotes around the whole value if '",
              c, "' belongs to it");
        return trim(text.substr(0, i));
      }
      if (!is_blank(c)) begins = c == ',' || c == '=';
    }
    if (quote) wrong("the quote ", quote, " is not closed");
    return trim(text);
  }

  void heading(std::string const& line) {
    if (line.back() != ']') return wrong("'", line, "' is not a section heading (write [name])");
    section_ = trim(std::string_view(line).substr(1, line.size() - 2));
    auto const [first, is_new] = headings_.emplace(section_, number_);
    if (!is_new)
      return wrong("duplicate section [", section_, "]: it begins in line ", first->second);
    found_.sections.push_back({section_, number_});
  }

  void assignment(std::string const& line) {
    auto const equals = line.find('=');
    if (equals == std::string::npos)
      return wrong("'", line, "' is neither [section] nor key = value");
    auto const key = trim(std::string_view(line).substr(0, equals));
    if (section_.empty()) return wrong("key '", key, "' comes before the first [section]");
    auto const [first, is_new] = keys_.emplace(section_ + "." + key, number_);
    if (!is_new) return wrong("duplicate key '", key, "': first set in line ", first->second);
    // The blank lets a comment follow the equals sign at once.
    auto const value = without_comment(" " + std::string(line.substr(equals + 1)));
    if (!is_utf8(key + value))
      return wrong(
          "'", key, " = ", value,
          "' is not UTF-8 (saved as Latin-1?), which manifests and products need; save the "
          "file as UTF-8, and rename files whose names are not");
    found_.values.push_back({section_, key, value, number_});
  }

  std::string const& path_;
  int number_ = 0;
  std::string section_;
  std::map<std::string, int> headings_, keys_;
  IniText found_;
  std::vector<std::string> problems_;
};

}  // namespace

IniText parse_ini(std::string const& text, std::string const& path) {
  Reader reader(path);
  for (auto const& line : split(text, '\n')) reader.read(line);
  return reader.finish();
}

}  // namespace setsz
