// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/ordered_sum.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

/// Of a row: numbers of very different size, so that the order of a sum shows.
std::vector<double> row(std::int64_t number, std::int64_t n_columns) {
  std::vector<double> values;
  Random random(static_cast<std::uint64_t>(number), Purpose::test);
  for (std::int64_t c = 0; c < n_columns; ++c) values.push_back(std::exp(10 * random.normal()));
  return values;
}

TEST(OrderedSum, AddsRowByRowOnAnyNumberOfRanks) {
  Comm const comm = Comm::world();
  for (std::int64_t const n_rows : {0, 1, 2, 40})
    for (std::int64_t const n_columns : {0, 1, 2, 100}) {
      std::vector<double> expected(static_cast<std::size_t>(n_columns), 0.0), mine;
      Range const own = even_range(n_rows, comm.rank(), comm.size());
      for (std::int64_t r = 0; r < n_rows; ++r) {
        auto const values = row(r, n_columns);
        for (std::size_t c = 0; c < expected.size(); ++c) expected[c] += values[c];
        if (own.contains(r)) mine.insert(mine.end(), values.begin(), values.end());
      }
      EXPECT_EQ(ordered_sum(comm, mine, n_columns), expected) << n_rows << " " << n_columns;
      EXPECT_EQ(ordered_sum(comm, mine, n_columns, 30), expected) << n_rows << " " << n_columns;
    }
}

}  // namespace
}  // namespace setsz
