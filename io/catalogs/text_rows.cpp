// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/text_rows.hpp"

#include <charconv>
#include <cmath>

#include "pipeline/base/comm.hpp"

namespace setsz {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// What follows a key, without the sign between.
std::string_view behind(std::string_view line, std::string_view key) {
  auto const begin = line.find(key);
  if (begin == std::string_view::npos) return {};
  auto rest = line.substr(begin + key.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" =:("), rest.size()));
  return rest;
}

}  // namespace

bool has_decimal_comma(std::string_view field) {
  auto const comma = field.find(',');
  return comma != std::string_view::npos && comma > 0 && comma + 1 < field.size() &&
         field.find(',', comma + 1) == std::string_view::npos &&
         field.find_first_not_of("0123456789+-eE,") == std::string_view::npos;
}

std::string without_zeros(std::string_view text) {
  std::string shown;
  for (char const c : text) c == '\0' ? shown += "\\0" : shown += c;
  return shown;
}

std::size_t split_fields(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  std::size_t i = 0;
  while (true) {
    while (i < line.size() && is_space(line[i])) ++i;
    if (i == line.size()) return fields.size();
    std::size_t const begin = i;
    while (i < line.size() && !is_space(line[i])) ++i;
    fields.push_back(line.substr(begin, i - begin));
  }
}

std::optional<double> number_after(std::string_view line, std::string_view key) {
  auto const rest = behind(line, key);
  double value = 0;
  auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc()) return {};
  // "0,3089" is not 0
  auto const more = rest.substr(static_cast<std::size_t>(end - rest.data()));
  if (more.size() > 1 && more[0] == ',' && more[1] >= '0' && more[1] <= '9') return {};
  return value;
}

std::optional<double> number_stated(std::string_view line, std::string_view key,
                                    std::string const& path) {
  auto const number = number_after(line, key);
  auto const found = behind(line, key);
  bool const comma = has_decimal_comma(found.substr(0, found.find_first_of(" ;)\r")));
  require(number || line.find(key) == std::string_view::npos, ExitCode::bad_data, "'", path,
          "': its comment '", without_zeros(trim(line).substr(0, 80)), "' gives no number behind '",
          key, "'",
          comma ? " (write 1.5, not 1,5)"
                : "; is the header damaged? Correct it or copy the file again");
  return number;
}

bool names_columns(std::vector<std::string> const& comment, std::vector<std::string> const& names) {
  constexpr std::size_t few = 3;
  if (comment.size() != names.size() || names.size() < few) return false;
  auto const n_known = std::ranges::count_if(
      comment, [&](auto const& name) { return std::ranges::find(names, name) != names.end(); });
  return 4 * n_known >= 3 * std::ssize(names);
}

std::string_view stretch_of(std::string_view text, int rank, int n_ranks) {
  auto const share = even_range(std::ssize(text), rank, n_ranks);
  auto const line_begin = [&](std::int64_t byte) {
    if (byte == 0 || byte >= std::ssize(text)) return std::min(byte, std::ssize(text));
    auto const end = text.find('\n', byte - 1);
    return end == std::string_view::npos ? std::ssize(text) : std::int64_t(end) + 1;
  };
  auto const first = line_begin(share.first), last = line_begin(share.last);
  return text.substr(first, last - first);
}

bool is_row(std::string_view line) { return !line.starts_with('#') && !trim(line).empty(); }

std::string_view first_row(std::string_view text) {
  while (!text.empty()) {
    auto const line = text.substr(0, text.find('\n'));
    if (is_row(line)) return line;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

void TextRow::take(std::string_view line, std::int64_t number) {
  line_ = line;
  number_ = number;
  auto const n = split_fields(line, fields_);
  if (n != names_.size()) refuse_damage(concat("has ", n, " columns in place of ", names_.size()));
}

std::string TextRow::at_place(std::string const& what) const {
  return concat(path_, ":", number_, ": ", without_zeros(what), ": '",
                without_zeros(line_.substr(0, 80)), line_.size() > 80 ? "...'" : "'");
}

void TextRow::refuse_damage(std::string const& what) const {
  fail(ExitCode::bad_data, at_place(what),
       "; is the file complete? Copy it again or correct the line");
}

template <class T>
std::optional<T> TextRow::parse(std::size_t column) const {
  auto field = fields_[column];
  // C, numpy and Fortran write and read a leading plus sign.
  if (field.size() > 1 && field[0] == '+' && field[1] != '-') field.remove_prefix(1);
  T value{};
  auto const [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) return {};
  return value;
}

template <class T>
T TextRow::parse(std::size_t column, char const* wanted) const {
  auto const value = parse<T>(column);
  if (!value)
    refuse_damage(concat("column ", names_[column], " is '", fields_[column].substr(0, 24),
                         "', not ", wanted,
                         has_decimal_comma(fields_[column]) ? " (write 1.5, not 1,5)" : ""));
  return *value;
}

std::int64_t TextRow::integer(std::size_t column) const {
  return parse<std::int64_t>(column, "an integer");
}

double TextRow::number(std::size_t column) const {
  auto const value = parse<double>(column, "a number");
  if (!std::isfinite(value))
    refuse_damage(concat("column ", names_[column], " is not a finite number"));
  return value;
}

std::optional<double> TextRow::number_if_any(std::size_t column) const {
  auto const value = parse<double>(column);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace setsz
