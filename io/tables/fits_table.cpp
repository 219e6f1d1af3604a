// SPDX-License-Identifier: BSD-3-Clause
#include "io/tables/fits_table.hpp"

#include <fitsio.h>

#include <cmath>

#include "io/tables/fixed_rows.hpp"

namespace setsz {
namespace {

class FitsTable : public FixedRows {
 public:
  explicit FitsTable(std::string const& path) : FixedRows(path) {
    int status = 0, kind = IMAGE_HDU;
    fits_open_diskfile(&file_, path.c_str(), READONLY, &status);  // the name is no expression
    while (status == 0 && kind != BINARY_TBL) fits_movrel_hdu(file_, 1, &kind, &status);
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
    std::vector<LONGLONG> values(rows.size());
    if (rows.size() == 0) return {};
    int status = 0, any_null = 0;
    LONGLONG null = 0;
    fits_read_col(file_, TLONGLONG, numbers_[column], rows.first + 1, 1, rows.size(), &null,
                  values.data(), &any_null, &status);
    check(status, columns_[column].name);
    return {values.begin(), values.end()};
  }
  std::optional<double> number(std::string const& name) const override {
    double value = 0;
    int status = 0;
    fits_read_key(file_, TDOUBLE, name.c_str(), &value, nullptr, &status);
    fits_clear_errmsg();
    return status == 0 ? std::optional(value) : std::nullopt;
  }

 private:
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
    if (repeat != 1 || type == TSTRING || type == TLOGICAL || type == TBIT || type < 0) return;
    columns_.push_back({text_of(concat("TTYPE", column)), text_of(concat("TUNIT", column))});
    numbers_.push_back(column);
  }

  fitsfile* file_ = nullptr;
  std::vector<int> numbers_;
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
