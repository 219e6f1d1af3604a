// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>

namespace setsz {

/// A Navarro-Frenk-White halo in units of its own R200c, M200c and V200, infinite in extent.
/// \source Navarro, Frenk & White (1997), ApJ 490, 493
class NfwProfile {
 public:
  explicit NfwProfile(double concentration);
  double concentration() const { return concentration_; }

  /// M(< x)/M200.
  double enclosed_mass(double x) const;
  /// The radius of an enclosed mass, by Newton's method in logarithms. \pre mass > 0
  /// \param guess  a radius nearby, if one is known: half the time
  double radius_of(double mass, double guess = 0) const;
  /// [M200/R200^3]
  double density(double x) const;
  /// One-dimensional velocity dispersion over V200 of the isotropic Jeans equation,
  /// sigma^2(x) = 1/rho(x) integral_x^inf rho M/s^2 ds; tabulated, relative error below 1e-3.
  double dispersion(double x) const;
  /// The radius of mean density `overdensity`/200 times that of R200: R500c is radius_at(500).
  double radius_at(double overdensity) const;

 private:
  static constexpr int n_table = 128;
  double concentration_;
  double norm_;  ///< of the enclosed mass
  std::array<double, n_table> dispersion2_;
};

}  // namespace setsz
