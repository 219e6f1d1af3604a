// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/text_rows.hpp"

#include <charconv>
#include <cmath>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/periodic_box.hpp"

namespace setsz {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

namespace {

std::size_t split_at_commas(std::string_view line, std::vector<std::string_view>& fields) {
  while (true) {
    auto const end = std::min(line.find(','), line.size());
    auto field = line.substr(0, end);
    while (!field.empty() && is_space(field.front())) field.remove_prefix(1);
    while (!field.empty() && is_space(field.back())) field.remove_suffix(1);
    fields.push_back(field);
    if (end == line.size()) return fields.size();
    line.remove_prefix(end + 1);
  }
}

}  // namespace

std::size_t split_fields(std::string_view line, std::vector<std::string_view>& fields,
                         Separator separator) {
  fields.clear();
  if (separator == Separator::commas) return split_at_commas(line, fields);
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
  auto const begin = line.find(key);
  if (begin == std::string_view::npos) return {};
  auto rest = line.substr(begin + key.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" =:("), rest.size()));
  double value = 0;
  if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec != std::errc()) return {};
  return value;
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
  auto const n = split_fields(line, fields_, separator_);
  if (n != names_.size()) refuse_damage(concat("has ", n, " columns in place of ", names_.size()));
}

void TextRow::refuse(std::string const& what) const {
  fail(ExitCode::bad_data, path_, ":", number_, ": ", what, ": '", std::string(line_.substr(0, 80)),
       line_.size() > 80 ? "...'" : "'");
}

void TextRow::refuse_damage(std::string const& what) const {
  try {
    refuse(what);
  } catch (Error const& error) {
    fail(error.code(), error.what(), "; is the file complete? Copy it again or correct the line");
  }
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
                         "', not ", wanted));
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

double TextRow::non_negative(std::size_t column) const {
  auto const value = number(column);
  if (value < 0) refuse(concat("column ", names_[column], " is negative"));
  return value;
}

double TextRow::coordinate(std::size_t column, double unit, double box_ckpch) const {
  double const written = number(column), x = unit * written;
  if (box_ckpch <= 0) return x;
  double const slack = 1e-5 * box_ckpch;
  if (x >= -slack && x <= box_ckpch + slack) return PeriodicBox(box_ckpch).wrap(x);
  std::string_view const expected = unit == 1 ? "kpc/h" : unit == 1000 ? "Mpc/h" : "units";
  std::string hint;
  if (x > 20 * box_ckpch)
    hint = concat("; are the positions in kpc/h (expected: ", expected, ")?");
  else if (x < 0)
    hint = "; positions must run from 0 to the box: shift those that are centred on 0";
  refuse(concat("column ", names_[column], " = ", written, " ", expected,
                " lies outside the box of ", box_ckpch / unit, " ", expected, hint));
}

}  // namespace setsz
