// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace setsz {

/// Clusters of similar mass.
struct MassBin {
  double m200c_low, m200c_high;      ///< smallest and largest mass in it [1e10 Msun/h]
  std::vector<std::size_t> members;  ///< indices into the list that was cut
};
/// Cuts by rank of mass into at most `n_bins` bins of nearly equal numbers (each at least one).
std::vector<MassBin> mass_bins(std::span<double const> m200c_1e10msunh, std::int64_t n_bins);

}  // namespace setsz
