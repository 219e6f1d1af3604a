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
  bool is_pressure;     ///< it follows the electron pressure of the gas, else its density
  bool needs_velocity;  ///< of the haloes, along the line of sight
  double quantum_sr;    ///< of integrals over the sky [unit x sr]: see ExactSum

  /// The density where the halo's profile or cube is 1: P = P200, or rho = rho_crit.
  /// \param away_kms  peculiar velocity along the line of sight, away from the observer > 0
  double (*of_halo)(BoxHalo const&, double away_kms);
  /// The integral [unit] of a density over a comoving length [ckpc/h] at scale factor a.
  double (*integral)(double density_times_length, double a, double h);
};

/// Every field that can be painted, one row each; Compton y is the first.
///
/// tau: optical depth of Thomson scattering, sigma_T times the column of electrons, two for each
/// helium nucleus. ksz: -tau v/c T_CMB [uK_CMB], v away from the observer > 0.
/// \source Sunyaev & Zel'dovich (1980), MNRAS 190, 413
std::span<Field const> field_table();
/// What 1 in the gas of a halo adds to a map of the sky, for 1 ckpc/h (comoving). Throws
/// Error(bad_data) if the field needs the velocity and it is NaN.
/// \param away_kms  see Field::of_halo \param a  scale factor where the halo is seen
double weight_on_sky(Field const& field, BoxHalo const& halo, double away_kms, double a, double h);
/// By the name of its product; Error(config) if there is none.
Field const& field_of_product(std::string_view product);
}  // namespace setsz
