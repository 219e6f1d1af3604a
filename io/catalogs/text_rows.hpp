// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/catalogs/halo_row.hpp"

// What catalogue formats in text share: lines, shares of them, and numbers in columns.
namespace setsz {

/// "1,5": a number with a comma in place of the point.
bool has_decimal_comma(std::string_view field);

/// Zero bytes end a message; here they are seen: "\0".
std::string without_zeros(std::string_view text);

/// Splits a line at blanks into `fields` (reused) and returns how many there are.
std::size_t split_fields(std::string_view line, std::vector<std::string_view>& fields);

/// The stretch of a file whose lines a rank reads: those that begin in its share of the bytes.
std::string_view stretch_of(std::string_view text, int rank, int n_ranks);

/// Is it a row of numbers, neither empty nor a comment (#)?
bool is_row(std::string_view line);

/// The first row, or nothing.
std::string_view first_row(std::string_view text);

/// Is a comment a line of names? As many words as there are columns, at least three quarters of
/// them names of columns.
bool names_columns(std::vector<std::string> const& comment, std::vector<std::string> const& names);

/// The number that follows `key` in a line, "Om = 0.3089; ...".
std::optional<double> number_after(std::string_view line, std::string_view key);

/// The same of a comment of `path`; nothing where it does not have the key, Error(bad_data) where
/// no number follows: a damaged header must not pass for one that says nothing.
std::optional<double> number_stated(std::string_view line, std::string_view key,
                                    std::string const& path);

/// Calls `visit(line)` for every line, without its end.
template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// A row of text.
class TextRow : public HaloRow {
 public:
  /// \param names  one for each column; must outlive the row, as `path` must
  TextRow(std::vector<std::string> const& names, std::string const& path)
      : names_(names), path_(path) {}

  /// Refuses a line with another number of columns than there are names.
  void take(std::string_view line, std::int64_t number);
  std::int64_t integer(std::size_t column) const override;
  double number(std::size_t column) const override;
  std::optional<double> number_if_any(std::size_t column) const override;
  /// "file:7: what: 'the line'"
  std::string at_place(std::string const& what) const override;
  std::string const& name(std::size_t column) const override { return names_[column]; }

 private:
  template <class T>
  std::optional<T> parse(std::size_t column) const;
  template <class T>
  T parse(std::size_t column, char const* wanted) const;
  /// The same, for a line that was cut or garbled.
  [[noreturn]] void refuse_damage(std::string const& what) const;

  std::vector<std::string> const& names_;
  std::string const& path_;
  std::vector<std::string_view> fields_;
  std::string_view line_;
  std::int64_t number_ = 0;
};

}  // namespace setsz
