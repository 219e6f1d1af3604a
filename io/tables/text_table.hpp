// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/mapped_file.hpp"
#include "io/tables/table_file.hpp"

namespace setsz {

/// A table in text: columns between commas or white space, comments after #.
///
/// The names of the columns are those of the first line if it holds words, else those of the last
/// comment with one word for each column, else 1, 2, 3, ... A unit follows its name in brackets,
/// "mass [Msun/h]". A Rockstar list is such a table; its units are known.
class TextTable : public TableFile {
 public:
  /// \param chunk_bytes  of the index: rows of a chunk are counted together
  explicit TextTable(std::string const& path, std::int64_t chunk_bytes = 1 << 20);

  std::vector<TableColumn> const& columns() const override { return columns_; }
  void count_rows(Comm const& comm) override;
  std::int64_t n_rows() const override { return chunks_.empty() ? 0 : chunks_.back().rows_before; }
  std::vector<double> read(Range rows, std::span<std::size_t const> columns) const override;
  std::string place(std::int64_t row) const override;
  std::int64_t expected_rows() const override;
  std::vector<double> sample(std::int64_t n_rows,
                             std::span<std::size_t const> columns) const override;

 private:
  /// What lies before a chunk; one more at the end.
  struct Chunk {
    std::int64_t rows_before, lines_before;
  };
  void find_columns();
  void split(std::string_view line, std::vector<std::string_view>& fields) const;
  std::string_view chunk(std::int64_t index) const;
  std::int64_t n_chunks() const;
  std::int64_t chunk_of(std::int64_t row) const;
  /// Appends the values of one row. \param number  of its line; 0: unknown
  void parse(std::string_view line, std::int64_t number, std::span<std::size_t const> columns,
             std::vector<std::string_view>& fields, std::vector<double>& values) const;
  /// Visits the rows of a text: visit(line, number of lines before it in the text) until it
  /// returns false.
  template <class Visit>
  void for_each_row(std::string_view text, Visit&& visit) const;

  std::string path_;
  MappedFile file_;
  std::int64_t chunk_bytes_;
  char separator_ = ' ';
  std::vector<TableColumn> columns_;
  std::string_view body_;  ///< behind the line of names
  std::int64_t lines_before_body_ = 0;
  std::vector<Chunk> chunks_;
};

}  // namespace setsz
