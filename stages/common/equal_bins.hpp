// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace setsz {

/// Things, such as clusters, that a number, such as their mass, puts beside each other.
struct EqualBin {
  double low, high;                  ///< smallest and largest number in it
  std::vector<std::size_t> members;  ///< indices into the list that was cut
};
/// Cuts by rank into at most `n_bins` bins of nearly equal numbers of members (each at least one).
std::vector<EqualBin> equal_bins(std::span<double const> values, std::int64_t n_bins);

}  // namespace setsz
