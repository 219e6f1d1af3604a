// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/linear_power.hpp"

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <numbers>

#include "stages/halos/panels.hpp"

namespace setsz {

namespace quadrature = boost::math::quadrature;

namespace {

constexpr double cmb_kelvin = 2.7255;
constexpr double theta = cmb_kelvin / 2.7;

/// Fourier transform of a ball of radius 1, and its slope d W / d ln x.
struct TopHat {
  double value, slope;
};
TopHat top_hat(double x) {
  if (x < 0.05) return {1 - x * x / 10, -x * x / 5};
  double const s = std::sin(x), c = std::cos(x), x3 = x * x * x;
  double const value = 3 * (s - x * c) / x3;
  return {value, 3 * s / x - 3 * value};
}

}  // namespace

LinearPower::LinearPower(Cosmology const& cosmology, double spectral_index, double sigma_8)
    : cosmology_(cosmology), spectral_index_(spectral_index), growth_today_(1) {
  double const om = cosmology.omega_m * cosmology.h * cosmology.h;
  double const ob = cosmology.omega_b * cosmology.h * cosmology.h;
  double const share = ob / om;
  sound_horizon_ = 44.5 * std::log(9.83 / om) / std::sqrt(1 + 10 * std::pow(ob, 0.75));  // [Mpc]
  alpha_gamma_ =
      1 - 0.328 * std::log(431 * om) * share + 0.38 * std::log(22.3 * om) * share * share;
  growth_today_ = growth_integral(0);
  amplitude_ = std::pow(sigma_8 / sigma(8, 0).value, 2);
}

double LinearPower::transfer(double k) const {
  double const omh = cosmology_.omega_m * cosmology_.h;
  double const gamma =
      omh * (alpha_gamma_ +
             (1 - alpha_gamma_) / (1 + std::pow(0.43 * k * cosmology_.h * sound_horizon_, 4)));
  double const q = k * theta * theta / gamma;
  double const l = std::log(2 * std::numbers::e + 1.8 * q), c = 14.2 + 731 / (1 + 62.5 * q);
  return l / (l + c * q * q);
}

double LinearPower::power(double k, double redshift) const {
  double const t = transfer(k), d = growth(redshift);
  return amplitude_ * std::pow(k, spectral_index_) * t * t * d * d;
}

LinearPower::Sigma LinearPower::sigma(double radius, double redshift) const {
  // In ln k, by panels short enough for the oscillations of the ball.
  constexpr double from = 1e-5, to = 100;  // of k R
  static auto const nodes = panels(std::log(from), std::log(to), 120);
  double variance = 0, slope = 0;
  for (auto const [ln_x, weight] : nodes) {
    double const x = std::exp(ln_x), k = x / radius, t = transfer(k);
    auto const ball = top_hat(x);
    double const term = weight * std::pow(k, spectral_index_ + 3) * t * t * ball.value /
                        (2 * std::numbers::pi * std::numbers::pi);
    variance += term * ball.value;
    slope += term * ball.slope;
  }
  double const d = growth(redshift);
  return {std::sqrt(amplitude_ * variance) * d, -slope / variance};
}

double LinearPower::growth_integral(double redshift) const {
  auto const integrand = [&](double a) {
    return std::pow(a * cosmology_.expansion(1 / a - 1), -3);
  };
  return cosmology_.expansion(redshift) * quadrature::gauss_kronrod<double, 31>::integrate(
                                              integrand, 1e-8, 1 / (1 + redshift), 8, 1e-10);
}

double LinearPower::growth(double redshift) const {
  return redshift == 0 ? 1 : growth_integral(redshift) / growth_today_;
}

}  // namespace setsz
