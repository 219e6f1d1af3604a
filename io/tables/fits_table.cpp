// SPDX-License-Identifier: BSD-3-Clause
#include "io/tables/fits_table.hpp"

#include <fitsio.h>

#include <cmath>
#include <set>

#include "io/tables/fixed_rows.hpp"

namespace setsz {
namespace {

class FitsTable : public FixedRows {
 public:
  explicit FitsTable(std::string const& path) : FixedRows(path) {
    int status = 0;
    fits_open_diskfile(&file_, path.c_str(), READONLY, &status);  // the name is no expression
    check(status, "a FITS file");
    hdu_ = choose_table();
    fits_movabs_hdu(file_, hdu_, nullptr, &status);
    check(status, "a binary table");
    int n_columns = 0;
    long long n_rows = 0;
    fits_get_num_cols(file_, &n_columns, &status);
    fits_get_num_rowsll(file_, &n_rows, &status);
    check(status, "its size");
    n_rows_ = n_rows;
    for (int column = 1; column <= n_columns; ++column) add(column);
  }
  ~FitsTable() override {
    int status = 0;
    if (file_) fits_close_file(file_, &status);
  }

  std::vector<double> read(Range rows, std::span<std::size_t const> columns) const override {
    require(refusal_.empty(), ExitCode::bad_data, refusal_);
    std::vector<double> values(rows.size() * columns.size());
    if (rows.size() == 0) return values;
    std::vector<double> numbers(rows.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      int status = 0, any_null = 0;
      double null = std::nan("");
      fits_read_col(file_, TDOUBLE, numbers_[columns[i]], rows.first + 1, 1, rows.size(), &null,
                    numbers.data(), &any_null, &status);
      check(status, columns_[columns[i]].name);
      for (std::int64_t row = 0; row < rows.size(); ++row)
        values[row * columns.size() + i] = numbers[row];
    }
    return values;
  }

  std::vector<std::int64_t> read_integers(Range rows, std::size_t column) const override {
    if (rows.size() == 0) return {};
    auto const& name = columns_[column].name;
    if (kinds_[column] == TFLOAT || kinds_[column] == TDOUBLE)
      return whole(read(rows, std::span(&column, 1)), rows.first, name);
    std::vector<LONGLONG> values(rows.size());
    std::vector<char> is_null(rows.size());
    int status = 0, any_null = 0;
    fits_read_colnull(file_, TLONGLONG, numbers_[column], rows.first + 1, 1, rows.size(),
                      values.data(), is_null.data(), &any_null, &status);
    check(status, name);
    for (std::int64_t i = 0; i < rows.size(); ++i)
      require(!is_null[i], ExitCode::bad_data, place(rows.first + i), ": column ", name,
              " is undefined (TNULL); correct or remove this row");
    return {values.begin(), values.end()};
  }
  /// Of the table, else of the primary header.
  std::optional<double> number(std::string const& name) const override {
    auto const own = key(name);
    int status = 0;
    fits_movabs_hdu(file_, 1, nullptr, &status);
    auto const common = key(name);
    fits_movabs_hdu(file_, hdu_, nullptr, &status);
    check(status, name);
    constexpr double tolerance = 1e-6;
    require(!own || !common || std::abs(*own - *common) <= tolerance * std::abs(*own),
            ExitCode::bad_data, "'", path_, "': ", name, " is ", own.value_or(0),
            " in the header of the table and ", common.value_or(0),
            " in the primary header; correct one of them");
    return own ? own : common;
  }

 private:
  std::optional<double> key(std::string const& name) const {
    double value = 0;
    int status = 0;
    fits_read_key(file_, TDOUBLE, name.c_str(), &value, nullptr, &status);
    fits_clear_errmsg();
    return status == 0 ? std::optional(value) : std::nullopt;
  }
  /// Has the current table haloes, by the names of its columns?
  bool has_halos() const {
    int status = 0, n_columns = 0;
    fits_get_num_cols(file_, &n_columns, &status);
    std::set<std::string> names;
    for (int column = 1; column <= n_columns; ++column)
      names.insert(lowercase(text_of(concat("TTYPE", column))));
    auto const any = [&](auto... name) { return (names.contains(name) || ...); };
    return any("id", "halo_id", "haloid") && any("x", "pos_x", "position_x");
  }
  /// The number of the table with haloes; of several tables without such names the first.
  int choose_table() {
    int status = 0, n_hdus = 0, first = 0, chosen = 0;
    fits_get_num_hdus(file_, &n_hdus, &status);
    for (int hdu = 2; hdu <= n_hdus; ++hdu) {
      int kind = IMAGE_HDU;
      fits_movabs_hdu(file_, hdu, &kind, &status);
      check(status, concat("extension ", hdu - 1));
      if (kind != BINARY_TBL) continue;
      if (first == 0) first = hdu;
      if (!has_halos()) continue;
      if (chosen != 0)  // said when rows are read: the file is a table all the same
        refusal_ = concat("'", path_, "' holds haloes in two tables, extensions ", chosen - 1,
                          " and ", hdu - 1, "; write the one that is meant to a file of its own");
      else
        chosen = hdu;
    }
    require(first != 0, ExitCode::bad_data, "'", path_, "' has no binary table");
    return chosen ? chosen : first;
  }
  void check(int status, std::string_view what) const {
    if (status == 0) return;
    char reason[FLEN_STATUS];
    fits_get_errstatus(status, reason);
    fits_clear_errmsg();
    fail(ExitCode::bad_data, "'", path_, "': cannot read ", what, " (", reason, ")");
  }
  std::string text_of(std::string const& key) const {
    char value[FLEN_VALUE] = {};
    int status = 0;
    fits_read_key(file_, TSTRING, key.c_str(), value, nullptr, &status);
    fits_clear_errmsg();
    return status == 0 ? value : "";
  }
  void add(int column) {
    int type = 0, status = 0;
    long repeat = 0, width = 0;
    fits_get_coltype(file_, column, &type, &repeat, &width, &status);
    check(status, concat("column ", column));
    auto const reason = type == TSTRING                           ? "is text"
                        : type == TLOGICAL || type == TBIT        ? "holds truth values"
                        : type == TCOMPLEX || type == TDBLCOMPLEX ? "holds complex numbers"
                        : type < 0                                ? "has lists of variable length"
                        : repeat != 1                             ? "has several values a row"
                                                                  : "";
    auto const name = text_of(concat("TTYPE", column));
    if (*reason) {
      left_out_.push_back({name, reason});
      return;
    }
    kinds_.push_back(type);
    columns_.push_back({name, text_of(concat("TUNIT", column))});
    numbers_.push_back(column);
  }

  fitsfile* file_ = nullptr;
  std::string refusal_;               ///< why no row is read
  int hdu_ = 0;                       ///< of the table, from 1
  std::vector<int> numbers_, kinds_;  ///< of the columns: from 1, and cfitsio's types
};

}  // namespace

TableFormat fits_table_format() {
  return {"FITS table",
          [](FileProbe const& file) { return file.text_head().starts_with("SIMPLE  ="); },
          [](std::string const& path) -> std::unique_ptr<TableFile> {
            return std::make_unique<FitsTable>(path);
          }};
}

}  // namespace setsz
