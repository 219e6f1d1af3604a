// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// A flat or curved LambdaCDM background, as a snapshot header gives it.
struct Cosmology {
  double omega_m = 0.3089;
  double omega_l = 0.6911;
  double omega_b = 0.0486;  ///< from the configuration: a gravity-only header's 0 means unknown
  double h = 0.6774;        ///< H0 / (100 km/s/Mpc)

  /// H(z)/H0.
  double expansion(double redshift) const;
  /// Critical density at z [physical, 1e10 Msun/h (kpc/h)^-3].
  double critical_density(double redshift) const;
  double baryon_fraction() const { return omega_b / omega_m; }

  /// Line-of-sight comoving distance [ckpc/h], by adaptive quadrature (relative 1e-12).
  double comoving_distance(double redshift) const;
  /// Its inverse, by bisection. \pre 0 <= distance < comoving_distance(20)
  double redshift_at(double comoving_distance_ckpch) const;
};

/// The self-similar scales of a halo at redshift z, from its mass (and radius).
struct HaloScales {
  double r200c_ckpch;  ///< comoving radius of mean density 200 rho_crit(z)
  double v200_kms;     ///< sqrt(G M / R_phys)
  double p200_code;    ///< a^3 x 100 G rho_crit(z) f_b M / R_phys [comoving code pressure]
};

/// \param m200c_1e10msunh  [1e10 Msun/h]
/// Check (TNG cosmology, 5e13 Msun/h): z=0: 599 ckpc/h, 599 km/s, 0.157; z=0.5: 748.1, 656.7,
/// 0.0967.
HaloScales halo_scales(Cosmology const& cosmology, double redshift, double m200c_1e10msunh);
/// With a measured radius instead of the one the mass implies.
HaloScales halo_scales(Cosmology const& cosmology, double redshift, double m200c_1e10msunh,
                       double r200c_ckpch);

}  // namespace setsz
