// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/range.hpp"

#include <algorithm>
#include <numeric>

#include "pipeline/base/number.hpp"

namespace setsz {

Range even_range(std::int64_t n_items, int rank, int n_ranks) {
  std::int64_t const base = n_items / n_ranks, rest = n_items % n_ranks;
  std::int64_t const first = rank * base + std::min<std::int64_t>(rank, rest);
  return {first, first + base + (rank < rest ? 1 : 0)};
}

std::vector<std::int64_t> balanced_boundaries(std::span<double const> cost, int n_ranks) {
  double const all = std::accumulate(cost.begin(), cost.end(), 0.0);
  std::vector<std::int64_t> boundaries(static_cast<std::size_t>(n_ranks) + 1, std::ssize(cost));
  boundaries[0] = 0;
  double done = 0;
  int rank = 1;
  for (std::size_t i = 0; i < cost.size(); ++i) {
    // An item belongs to the rank whose share contains its middle.
    while (rank < n_ranks && done + cost[i] / 2 >= all * rank / n_ranks) {
      boundaries[rank++] = static_cast<std::int64_t>(i);
    }
    done += cost[i];
  }
  return boundaries;
}

}  // namespace setsz
