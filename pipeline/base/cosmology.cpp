// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/cosmology.hpp"

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

double Cosmology::expansion(double redshift) const {
  double const x = 1 + redshift;
  double const omega_k = 1 - omega_m - omega_l;
  return std::sqrt(omega_m * x * x * x + omega_k * x * x + omega_l);
}

double Cosmology::critical_density(double redshift) const {
  double const e = expansion(redshift);
  return units::rho_crit_0 * e * e;
}

double Cosmology::comoving_distance(double redshift) const {
  constexpr double hubble_distance_kpch = units::light_speed_kms / 100 * 1000;
  auto const integrand = [this](double z) { return 1 / expansion(z); };
  constexpr unsigned max_halvings = 10;
  return hubble_distance_kpch * boost::math::quadrature::gauss_kronrod<double, 31>::integrate(
                                    integrand, 0.0, redshift, max_halvings, 1e-12);
}

double Cosmology::redshift_at(double comoving_distance_ckpch) const {
  double low = 0, high = 20;
  require(comoving_distance_ckpch >= 0 && comoving_distance_ckpch < comoving_distance(high),
          ExitCode::config, "comoving distance ", comoving_distance_ckpch,
          " ckpc/h is beyond redshift 20");
  while (high - low > 1e-13 * (1 + high)) {
    double const middle = (low + high) / 2;
    (comoving_distance(middle) < comoving_distance_ckpch ? low : high) = middle;
    if (middle == low && middle == high) break;
  }
  return (low + high) / 2;
}

HaloScales halo_scales(Cosmology const& cosmology, double redshift, double m200c_1e10msunh) {
  double const a = 1 / (1 + redshift);
  double const rho_200 = 200 * cosmology.critical_density(redshift);
  double const r_phys = std::cbrt(3 * m200c_1e10msunh / (4 * std::numbers::pi * rho_200));
  return halo_scales(cosmology, redshift, m200c_1e10msunh, r_phys / a);
}

HaloScales halo_scales(Cosmology const& cosmology, double redshift, double m200c_1e10msunh,
                       double r200c_ckpch) {
  double const a = 1 / (1 + redshift);
  double const r_phys = a * r200c_ckpch;
  double const p_phys = 100 * units::gravity * cosmology.critical_density(redshift) *
                        cosmology.baryon_fraction() * m200c_1e10msunh / r_phys;
  return {r200c_ckpch, std::sqrt(units::gravity * m200c_1e10msunh / r_phys), a * a * a * p_phys};
}

}  // namespace setsz
