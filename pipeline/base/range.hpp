// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace setsz {

/// The part [first, last) of n items that a rank owns when they are cut into equal ranges.
struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t size() const { return last - first; }
  bool contains(std::int64_t i) const { return i >= first && i < last; }
};
Range even_range(std::int64_t n_items, int rank, int n_ranks);

/// Contiguous ranges of nearly equal cost: the same on every rank. \pre cost >= 0
/// \return n_ranks + 1 boundaries; range r is [boundary[r], boundary[r + 1])
std::vector<std::int64_t> balanced_boundaries(std::span<double const> cost, int n_ranks);

}  // namespace setsz
