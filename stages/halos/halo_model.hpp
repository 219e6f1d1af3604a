// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "stages/halos/mass_function.hpp"
#include "stages/halos/nfw_mass.hpp"

namespace setsz {

/// What skies of Compton y hold on average, computed from a mass function and a pressure profile
/// alone: the oracle of painted ones. Shares with the painting the profile and the constants.
///
/// Everything is an integral over ln M200m and redshift, and of haloes over their radii. Spectra
/// are flat-sky transforms of the profiles about their centres.
/// \source Komatsu & Seljak (2002), MNRAS 336, 1256; Hill & Pajer (2013), PRD 88, 063526
class HaloModel {
 public:
  struct Limits {
    double m200m_min, m200m_max;  ///< [1e10 Msun/h]
    double redshift_min, redshift_max;
    double cut_r200c = 4;  ///< radius of the sphere that ends a profile
  };
  /// \param profile  p(M200c, z, r/R200c) of electrons in units of P200
  HaloModel(Cosmology const& cosmology, LinearPower const& power, Limits const& limits,
            std::function<double(double mass, double redshift, double x)> const& profile,
            ConcentrationRelation relation = ConcentrationRelation::duffy2008);

  /// Of the full sky.
  double n_halos() const;
  double mean_y() const;
  /// Variance of the mean y of full skies with independent (Poisson) haloes.
  double mean_y_variance() const;

  struct Spectra {
    std::vector<double> one_halo, two_halo;  ///< C_l
    /// Covariance of two C_l of full skies with independent haloes, beyond the Gaussian one,
    /// (n_l, n_l): T(l, l')/(4 pi).
    std::vector<double> connected;
  };
  Spectra spectra(std::span<double const> l) const;

  /// The abundance on the sky: haloes per ln M and redshift.
  double density(double m200m, double redshift) const;

 private:
  struct Node {
    double n;       ///< haloes of the full sky that it stands for
    double volume;  ///< of its shell of the full sky [(Mpc/h)^3]
    double redshift, distance_mpch, bias;
    double angle;                  ///< of R200c [rad]
    double unit;                   ///< y sr of P = P200 within R200^3
    std::vector<double> pressure;  ///< 4 pi x^2 p(x) dx at the radial nodes
  };
  double transform(Node const& node, double l) const;

  Cosmology cosmology_;
  LinearPower power_;
  Limits limits_;
  std::vector<double> x_;  ///< radial nodes
  std::vector<Node> nodes_;
  std::size_t n_masses_ = 0;
};

}  // namespace setsz
