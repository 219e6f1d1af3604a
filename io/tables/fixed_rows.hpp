// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>

#include "io/tables/table_file.hpp"

namespace setsz {

/// A table whose head tells the number of its rows.
class FixedRows : public TableFile {
 public:
  explicit FixedRows(std::string path) : path_(std::move(path)) {}

  std::vector<TableColumn> const& columns() const override { return columns_; }
  std::vector<TableColumn> const& left_out() const override { return left_out_; }
  void count_rows(Comm const&) override {}
  std::int64_t n_rows() const override { return n_rows_; }
  std::int64_t expected_rows() const override { return n_rows_; }
  std::string place(std::int64_t row) const override { return concat("'", path_, "', row ", row); }
  std::vector<std::int64_t> lines(Range rows) const override {
    std::vector<std::int64_t> numbers(rows.size());
    std::iota(numbers.begin(), numbers.end(), rows.first);
    return numbers;
  }
  std::vector<double> sample(std::int64_t n_rows,
                             std::span<std::size_t const> columns) const override {
    std::vector<double> values;
    for (std::int64_t i = 0; i < std::min(n_rows, n_rows_); ++i) {
      std::int64_t const row = n_rows_ <= n_rows ? i : i * (n_rows_ / n_rows);
      auto const one = read({row, row + 1}, columns);
      values.insert(values.end(), one.begin(), one.end());
    }
    return values;
  }

 protected:
  /// Ids that a file holds as floating-point numbers. \param first  row of the first one
  std::vector<std::int64_t> whole(std::vector<double> const& numbers, std::int64_t first,
                                  std::string const& column) const {
    constexpr double exact = 9007199254740992;  // 2^53
    std::vector<std::int64_t> integers;
    for (auto const number : numbers) {
      require(std::abs(number) <= exact && number == std::floor(number), ExitCode::bad_data,
              place(first + std::ssize(integers)), ": column ", column, " is ", number,
              ", not an integer");
      integers.push_back(std::llround(number));
    }
    return integers;
  }

  std::string path_;
  std::vector<TableColumn> columns_, left_out_;
  std::int64_t n_rows_ = 0;
};

}  // namespace setsz
