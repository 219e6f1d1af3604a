// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/tables/table_file.hpp"
#include "io/text_file.hpp"

namespace setsz {

/// What stands before the rows of a table in text; views into it.
struct TextTableHead {
  char separator = ' ';
  std::vector<TableColumn> columns;
  std::vector<std::string_view> comments;  ///< without #
  std::string_view body;                   ///< behind the line of names
  std::int64_t lines_before_body = 0;
};
/// Error(bad_data) where there is no row. \param text  the file, or its beginning
TextTableHead text_table_head(std::string_view text, std::string const& path);

/// "key = value" or "key: value" in a comment.
struct TextSetting {
  std::string_view key, value;
  char sign;
};

/// A table in text, packed or not: columns between commas, semicolons, bars or white space, with or
/// without quotes, comments after #.
///
/// The names of the columns are those of the first line if it holds words, else those of the last
/// comment with one word for each column (or with units), else 1, 2, 3, ... An empty field between
/// commas is NaN. A unit follows its name in brackets,
/// "mass [Msun/h]" or "mass (Msun/h)". A Rockstar list is such a table; its units are known.
class TextTable : public TableFile {
 public:
  /// \param chunk_bytes  of the index: rows of a chunk are counted together
  explicit TextTable(std::string const& path, std::int64_t chunk_bytes = 1 << 20);

  std::vector<TableColumn> const& columns() const override { return head_.columns; }
  void count_rows(Comm const& comm) override;
  std::int64_t n_rows() const override { return chunks_.empty() ? 0 : chunks_.back().rows_before; }
  std::vector<double> read(Range rows, std::span<std::size_t const> columns) const override;
  std::vector<std::int64_t> read_integers(Range rows, std::size_t column) const override;
  std::string place(std::int64_t row) const override;
  std::vector<std::int64_t> lines(Range rows) const override;
  /// Of a comment "name = 0.7" or "name: 0.7", alone or between commas. Keys that are columns are
  /// a description of them ("x = 2, y = 3, z = 4"), unless there is but one: "z = 0.5". Of "="
  /// and a word that is no number: Error(bad_data).
  std::optional<double> number(std::string const& name) const override;
  std::int64_t expected_rows() const override;
  std::vector<double> sample(std::int64_t n_rows,
                             std::span<std::size_t const> columns) const override;

 private:
  /// What lies before a chunk; one more at the end.
  struct Chunk {
    std::int64_t rows_before, lines_before;
  };
  std::string_view chunk(std::int64_t index) const;
  std::int64_t n_chunks() const;
  std::int64_t chunk_of(std::int64_t row) const;
  /// Splits a row; refuses another number of fields than columns. \param number  of its line; 0:
  /// unknown
  void take(std::string_view line, std::int64_t number,
            std::vector<std::string_view>& fields) const;
  /// Appends the values of one row.
  void parse(std::string_view line, std::int64_t number, std::span<std::size_t const> columns,
             std::vector<std::string_view>& fields, std::vector<double>& values) const;
  /// Visits some rows: visit(line, its number).
  template <class Visit>
  void for_each_row_of(Range rows, Visit&& visit) const;
  [[noreturn]] void refuse(std::int64_t number, std::string const& what) const;
  /// Visits the rows of a text: visit(line, number of lines before it in the text) until it
  /// returns false; comments between them: note(line, the same).
  template <class Visit, class Note>
  void for_each_row(std::string_view text, Visit&& visit, Note&& note) const;
  template <class Visit>
  void for_each_row(std::string_view text, Visit&& visit) const {
    for_each_row(text, visit, [](std::string_view, std::int64_t) {});
  }
  /// Refuses a comment that names the columns in another way than the head.
  void check_comment(std::string_view line, std::int64_t number) const;

  std::string path_;
  TextFile file_;
  std::int64_t chunk_bytes_;
  TextTableHead head_;
  std::vector<Chunk> chunks_;
  std::vector<TextSetting> settings_;
};

}  // namespace setsz
