// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/mass_bins.hpp"

#include <algorithm>
#include <numeric>

namespace setsz {

std::vector<MassBin> mass_bins(std::span<double const> mass, std::int64_t n_bins) {
  std::vector<std::size_t> order(mass.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return mass[a] < mass[b]; });
  auto const n = std::min(static_cast<std::size_t>(n_bins), mass.size());
  std::vector<MassBin> bins(n);
  for (std::size_t b = 0; b < n; ++b) {
    std::size_t const first = mass.size() * b / n, last = mass.size() * (b + 1) / n;
    bins[b].members.assign(order.begin() + static_cast<std::ptrdiff_t>(first),
                           order.begin() + static_cast<std::ptrdiff_t>(last));
    bins[b].m200c_low = mass[order[first]];
    bins[b].m200c_high = mass[order[last - 1]];
    std::sort(bins[b].members.begin(), bins[b].members.end());
  }
  return bins;
}

}  // namespace setsz
