// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/ordered_sum.hpp"

#include <algorithm>

namespace setsz {
namespace {

void add_rows(std::span<double const> rows, std::span<double> sums) {
  for (std::size_t first = 0; first < rows.size(); first += sums.size())
    for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += rows[first + c];
}

/// Of some of the columns.
std::vector<double> sums_of(Comm const& comm, std::span<double const> rows, std::int64_t n_columns,
                            Range columns) {
  std::vector<double> send;
  std::vector<std::int64_t> counts;
  std::int64_t const n_rows = std::ssize(rows) / n_columns;
  send.reserve(static_cast<std::size_t>(n_rows * columns.size()));
  for (int rank = 0; rank < comm.size(); ++rank) {
    Range const slice = even_range(columns.size(), rank, comm.size());
    for (std::int64_t row = 0; row < n_rows; ++row) {
      auto const first = rows.begin() + row * n_columns + columns.first;
      send.insert(send.end(), first + slice.first, first + slice.last);
    }
    counts.push_back(n_rows * slice.size());
  }
  auto const received = comm.all_to_all_v(std::span<double const>(send), counts);
  Range const mine = even_range(columns.size(), comm.rank(), comm.size());
  std::vector<double> sums(static_cast<std::size_t>(mine.size()), 0.0);
  if (!sums.empty()) add_rows(received, sums);
  return comm.all_gather_v(sums);
}

}  // namespace

std::vector<double> ordered_sum(Comm const& comm, std::span<double const> rows,
                                std::int64_t n_columns, std::int64_t values_at_once) {
  std::vector<double> sums;
  if (n_columns == 0) return sums;
  if (comm.size() == 1) {
    sums.assign(static_cast<std::size_t>(n_columns), 0.0);
    add_rows(rows, sums);
    return sums;
  }
  auto const most_rows = std::max<std::int64_t>(1, comm.all_max(std::ssize(rows) / n_columns));
  auto const at_once = std::max<std::int64_t>(comm.size(), values_at_once / most_rows);
  for (std::int64_t first = 0; first < n_columns; first += at_once) {
    auto const some = sums_of(comm, rows, n_columns, {first, std::min(first + at_once, n_columns)});
    sums.insert(sums.end(), some.begin(), some.end());
  }
  return sums;
}

}  // namespace setsz
