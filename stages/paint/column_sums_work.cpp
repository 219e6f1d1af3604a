// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/column_sums_work.hpp"

#include "pipeline/base/ordered_sum.hpp"

namespace setsz {

ColumnSums column_sums(Comm const& comm, SlabGrid const& grid) {
  auto const n = static_cast<std::size_t>(grid.n());
  ColumnSums sums;
  for (std::int64_t i = grid.planes().first; i < grid.planes().last; ++i) {
    auto const plane = grid.plane(i);
    std::vector<double> over_j(n, 0.0);
    for (std::size_t j = 0; j < n; ++j) {
      double over_k = 0;
      for (std::size_t k = 0; k < n; ++k) {
        over_j[k] += plane[j * n + k];
        over_k += plane[j * n + k];
      }
      sums.along_z.push_back(over_k);
    }
    sums.along_y.insert(sums.along_y.end(), over_j.begin(), over_j.end());
  }
  // The planes lie in rank order.
  sums.along_x = ordered_sum(comm, grid.values(), grid.n() * grid.n());
  for (double const column : sums.along_x) sums.total += column;
  return sums;
}

}  // namespace setsz
