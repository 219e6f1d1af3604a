// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/equal_bins.hpp"

#include <algorithm>
#include <numeric>

namespace setsz {

std::vector<EqualBin> equal_bins(std::span<double const> values, std::int64_t n_bins) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  auto const n = std::min(static_cast<std::size_t>(n_bins), values.size());
  std::vector<EqualBin> bins(n);
  for (std::size_t b = 0; b < n; ++b) {
    std::size_t const first = values.size() * b / n, last = values.size() * (b + 1) / n;
    bins[b].members.assign(order.begin() + static_cast<std::ptrdiff_t>(first),
                           order.begin() + static_cast<std::ptrdiff_t>(last));
    bins[b].low = values[order[first]];
    bins[b].high = values[order[last - 1]];
    std::sort(bins[b].members.begin(), bins[b].members.end());
  }
  return bins;
}

}  // namespace setsz
