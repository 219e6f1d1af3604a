// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/file_probe.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

struct TableColumn {
  std::string name;
  std::string unit;  ///< as the file writes it, "Msun/h"; empty: it does not say
};

/// A file of rows of numbers in named columns. Opening it reads its head only.
class TableFile {
 public:
  virtual ~TableFile() = default;

  virtual std::vector<TableColumn> const& columns() const = 0;
  /// What the file has and cannot be read as a column; the reason in place of the unit: "is text".
  virtual std::vector<TableColumn> const& left_out() const {
    static std::vector<TableColumn> const none;
    return none;
  }
  /// Collective: finds out how many rows there are; the ranks share the work.
  virtual void count_rows(Comm const& comm) = 0;
  /// \pre count_rows
  virtual std::int64_t n_rows() const = 0;
  /// Local: values[(row - rows.first) x columns.size() + i]. What is no number is an
  /// Error(bad_data) with file, line, column and what stands there.
  /// \param columns  places in columns()
  virtual std::vector<double> read(Range rows, std::span<std::size_t const> columns) const = 0;
  /// Local: ids and such, of which a double would lose digits. \pre count_rows
  virtual std::vector<std::int64_t> read_integers(Range rows, std::size_t column) const = 0;
  /// Where a row stands, for messages: "halos.csv:17", "halos.h5, row 16". Local.
  virtual std::string place(std::int64_t row) const = 0;
  /// The numbers of the lines of rows; of rows where there are no lines. Local.
  virtual std::vector<std::int64_t> lines(Range rows) const = 0;
  /// A number that the file says of itself: "# h = 0.7", an attribute, a card of the header. Local.
  virtual std::optional<double> number(std::string const&) const { return {}; }

  /// Local, without count_rows: about how many rows there are, and the values of some of them,
  /// spread over the file; for plans.
  virtual std::int64_t expected_rows() const = 0;
  virtual std::vector<double> sample(std::int64_t n_rows,
                                     std::span<std::size_t const> columns) const = 0;
};

/// A row of the list of table formats.
struct TableFormat {
  std::string_view name;  ///< "text (CSV or columns)"
  /// Is this file of this format? Does not throw where it is another file.
  bool (*recognise)(FileProbe const& file);
  std::unique_ptr<TableFile> (*open)(std::string const& path);
};

/// All table formats that setsz reads. The first one that recognises a file reads it.
std::span<TableFormat const> table_formats();

/// Missing: Error(missing_input). Of no known format: Error(bad_data). Local.
std::unique_ptr<TableFile> open_table(std::string const& path);

}  // namespace setsz
