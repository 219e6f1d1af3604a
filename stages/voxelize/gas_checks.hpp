// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace setsz {

/// What the gas of all clusters has in common.
struct GasFigures {
  std::vector<double> baryon_share = {};  ///< gas within R200 over Omega_b/Omega_m M200, by cluster
  std::vector<double> pressure = {};      ///< mean electron pressure within R200 [P200], by cluster
  double cold_share = 0;                  ///< of the cells: those that have no pressure
  double filled = 1;                      ///< sum of mass/density over the volume of the box
  double hot_electrons = 1.158;           ///< per hydrogen atom, mean of gas above 10^6 K
  double neighbours = 48;                 ///< 4 pi/3 h^3 density/mass of SPH, geometric mean
};

/// Why the fields of the gas cannot be what they should be, whatever the clusters are: densities
/// that do not fill the box, electrons that hot gas cannot have, lengths without neighbours. Empty:
/// they can.
/// \param h, a  of the snapshot, for the likely cause
std::string implausible_fields(GasFigures const& figures, double h, double a);

/// Why this cannot be the gas of these clusters; empty: it can. Medians over the clusters tell a
/// wrong pair or a wrong unit from an odd cluster.
std::string implausible_gas(GasFigures const& figures);

}  // namespace setsz
