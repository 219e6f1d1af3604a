// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/common/cluster_table.hpp"

namespace setsz {

/// Collective: clusters or haloes of all ranks in the order of rows: afterwards rank r holds the
/// r-th part of it, about as many as any other.
template <class Row>
std::vector<Row> sorted_over_ranks(Comm const& comm, std::vector<Row> mine, double box_ckpch) {
  auto const before = [&](Row const& a, Row const& b) {
    return in_row_order(a.position, a.id, b.position, b.id, box_ckpch);
  };
  std::sort(mine.begin(), mine.end(), before);
  // Sample sort: regular samples of every rank give the borders between ranks.
  constexpr std::size_t samples_per_rank = 64;
  std::vector<Row> samples;
  for (std::size_t k = 0; k < samples_per_rank && !mine.empty(); ++k)
    samples.push_back(mine[k * mine.size() / samples_per_rank]);
  samples = comm.all_gather_v(samples);
  std::sort(samples.begin(), samples.end(), before);
  std::size_t const n_ranks = comm.size();
  std::vector<std::int64_t> counts(n_ranks, 0);
  auto first = mine.begin();
  for (std::size_t rank = 0; rank < n_ranks; ++rank) {
    auto last = mine.end();
    if (rank + 1 < n_ranks && !samples.empty())
      last = std::lower_bound(first, mine.end(), samples[(rank + 1) * samples.size() / n_ranks],
                              before);
    counts[rank] = last - first;
    first = last;
  }
  auto received = comm.all_to_all_v(std::span<Row const>(mine), counts);
  std::sort(received.begin(), received.end(), before);
  return received;
}

}  // namespace setsz
