// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cluster_table.hpp"

namespace setsz {

/// Some of the rows of a rank, evenly; each rank begins elsewhere. If all began with their first
/// row, a thousand ranks would have their samples at the same 64 places, and some would get ten
/// times as many rows as others. \param sorted  in the order of rows
template <class Row>
std::vector<Row> border_samples(std::vector<Row> const& sorted, int rank) {
  constexpr int samples_per_rank = 64;
  double const begin = std::fmod(rank * std::numbers::phi, 1);
  std::vector<Row> samples;
  for (int k = 0; k < samples_per_rank && !sorted.empty(); ++k)
    samples.push_back(sorted[static_cast<std::size_t>((k + begin) / samples_per_rank *
                                                      real(std::ssize(sorted)))]);
  return samples;
}

/// How many of the rows of a rank lie in the part of each rank.
/// \param sorted, samples  in the order that `before` says; samples those of all ranks
template <class Row, class Before>
std::vector<std::int64_t> counts_by_part(std::vector<Row> const& sorted,
                                         std::vector<Row> const& samples, std::size_t n_ranks,
                                         Before&& before) {
  std::vector<std::int64_t> counts(n_ranks, 0);
  auto first = sorted.begin();
  for (std::size_t rank = 0; rank < n_ranks; ++rank) {
    auto last = sorted.end();
    if (rank + 1 < n_ranks && !samples.empty())
      last = std::lower_bound(first, sorted.end(), samples[(rank + 1) * samples.size() / n_ranks],
                              before);
    counts[rank] = last - first;
    first = last;
  }
  return counts;
}

/// Collective: clusters or haloes of all ranks in the order of rows: afterwards rank r holds the
/// r-th part of it, about as many as any other.
template <class Row>
std::vector<Row> sorted_over_ranks(Comm const& comm, std::vector<Row> mine, double box_ckpch) {
  auto const before = [&](Row const& a, Row const& b) {
    return in_row_order(a.position, a.id, b.position, b.id, box_ckpch);
  };
  std::sort(mine.begin(), mine.end(), before);
  // Sample sort: regular samples of every rank give the borders between ranks.
  auto samples = comm.all_gather_v(border_samples(mine, comm.rank()));
  std::sort(samples.begin(), samples.end(), before);
  auto const counts = counts_by_part(mine, samples, static_cast<std::size_t>(comm.size()), before);
  auto received = comm.all_to_all_v(std::span<Row const>(mine), counts);
  std::sort(received.begin(), received.end(), before);
  return received;
}

}  // namespace setsz
