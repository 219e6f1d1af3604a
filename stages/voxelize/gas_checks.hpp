// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace setsz {

/// What the gas of all clusters has in common.
struct GasFigures {
  std::vector<double> baryon_share;  ///< gas within R200 over Omega_b/Omega_m M200, by cluster
  std::vector<double> pressure;      ///< mean electron pressure within R200 [P200], by cluster
  double cold_share = 0;             ///< of the cells: those that have no pressure
};

/// Why this cannot be the gas of these clusters; empty: it can. Medians over the clusters tell a
/// wrong pair or a wrong unit from an odd cluster.
std::string implausible_gas(GasFigures const& figures);

}  // namespace setsz
