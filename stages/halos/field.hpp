// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string_view>

#include "stages/halos/halo_image.hpp"

namespace setsz {

/// A quantity that is painted: a density that follows the gas of the haloes, and its integral along
/// lines of sight. All densities are comoving, in code units.
struct Field {
  std::string_view name;   ///< "y": of datasets, keys of reports, FITS cards (YMEAN); <= 4 letters
  std::string_view title;  ///< "Compton y"
  std::string_view product;  ///< "compton_y": the map of the sky is compton_y.fits
  std::string_view column;   ///< TTYPE1 of that map
  std::string_view unit;     ///< of the integral; empty: a pure number
  std::string_view density_name, density_title, density_unit;
  double density_a_power, density_h_power;
  bool is_pressure;   ///< the density can be compared with the electron pressure of gas
  double quantum_sr;  ///< of integrals over the sky [unit x sr]: see ExactSum

  /// The density where the halo's gas has P = P200.
  double (*of_halo)(BoxHalo const&);
  /// The integral [unit] of a density over a comoving length [ckpc/h] at scale factor a.
  double (*integral)(double density_times_length, double a, double h);
};

/// Every field that can be painted: one row each.
std::span<Field const> field_table();
}  // namespace setsz
