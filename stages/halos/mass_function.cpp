// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/mass_function.hpp"

#include <cmath>
#include <numbers>

#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

double multiplicity(double sigma, double redshift) {
  // Beyond z = 3 the fit is not to be extrapolated: its evolution stops there.
  double const x = 1 + std::fmin(redshift, 3);
  double const alpha = std::pow(10, -std::pow(0.75 / std::log10(200.0 / 75), 1.2));
  double const amplitude = 0.186 * std::pow(x, -0.14), a = 1.47 * std::pow(x, -0.06);
  double const b = 2.57 * std::pow(x, -alpha), c = 1.19;
  return amplitude * (std::pow(sigma / b, -a) + 1) * std::exp(-c / (sigma * sigma));
}

double bias_of(double sigma) {
  constexpr double collapse = 1.686;
  double const y = std::log10(200.0), end = std::exp(-std::pow(4 / y, 4)), nu = collapse / sigma;
  double const a = 0.44 * y - 0.88, power = std::pow(nu, a);
  return 1 - (1 + 0.24 * y * end) * power / (power + std::pow(collapse, a)) +
         0.183 * std::pow(nu, 1.5) + (0.019 + 0.107 * y + 0.19 * end) * std::pow(nu, 2.4);
}

}  // namespace

HaloAbundance tinker(Cosmology const& cosmology, LinearPower const& power, double redshift,
                     double mass) {
  double const density = units::rho_crit_0_mpc * cosmology.omega_m;  // [1e10 Msun/h (Mpc/h)^-3]
  double const radius = std::cbrt(3 * mass / (4 * std::numbers::pi * density));
  auto const sigma = power.sigma(radius, redshift);
  // d ln(1/sigma)/d ln M is a third of that by ln R.
  return {multiplicity(sigma.value, redshift) * density / mass * sigma.slope / 3,
          bias_of(sigma.value)};
}

}  // namespace setsz
