// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/base/cosmology.hpp"

namespace setsz {

/// The linear matter power spectrum, normalised by sigma_8. Lengths in Mpc/h, comoving.
/// \source transfer function: Eisenstein & Hu (1998), ApJ 496, 605, without wiggles (equations 26,
///         28 to 31), CMB of 2.7255 K; growth: Heath (1977), the integral for Lambda
class LinearPower {
 public:
  LinearPower(Cosmology const& cosmology, double spectral_index, double sigma_8);
  /// [(Mpc/h)^3] \param k  [h/Mpc]
  double power(double k, double redshift) const;
  /// Standard deviation of the density in spheres of this radius, and -d ln sigma / d ln R.
  struct Sigma {
    double value, slope;
  };
  Sigma sigma(double radius_mpch, double redshift) const;
  /// D(z)/D(0).
  double growth(double redshift) const;

 private:
  double transfer(double k) const;
  double growth_integral(double redshift) const;

  Cosmology cosmology_;
  double spectral_index_, amplitude_ = 1;
  double sound_horizon_, alpha_gamma_, growth_today_;
};

}  // namespace setsz
