// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/nfw.hpp"
#include "pipeline/base/number.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace setsz {

using boost::math::quadrature::gauss;

namespace {

// The table of the dispersion is even in ln x.
double const log_x_min = std::log(1e-3);
double const log_x_max = std::log(30.0);

/// ln(1 + y) - y/(1 + y), without cancellation at small y.
double mass_shape(double y) {
  if (y < 1e-3) return y * y * (0.5 - y * (2.0 / 3) + y * y * 0.75);
  return std::log1p(y) - y / (1 + y);
}

}  // namespace

NfwProfile::NfwProfile(double concentration)
    : concentration_(concentration), norm_(1 / mass_shape(concentration)) {
  // From far outside inwards, in steps of ln x. Beyond the last point rho M/s^2 falls like
  // s^-5 ln s; what is left there is below 1e-4 of the inner values.
  double const step = (log_x_max - log_x_min) / (n_table - 1);
  auto const integrand = [&](double log_x) {
    double const x = std::exp(log_x);
    return density(x) * enclosed_mass(x) / x;
  };
  double integral = integrand(log_x_max) / 4;  // of a fall like x^-4 in ln x
  for (int i = n_table - 1; i >= 0; --i) {
    double const log_x = log_x_min + i * step;
    if (i < n_table - 1) integral += gauss<double, 3>::integrate(integrand, log_x, log_x + step);
    dispersion2_[i] = integral / density(std::exp(log_x));
  }
}

double NfwProfile::enclosed_mass(double x) const { return norm_ * mass_shape(concentration_ * x); }

double NfwProfile::radius_of(double mass, double guess) const {
  double const target = mass / norm_;
  double y = concentration_ * guess;
  if (guess == 0)
    y = target < 0.3 ? std::sqrt(2 * target) * (1 + target) : std::exp(target + 1) - 1;
  for (int i = 0; i < 50; ++i) {
    double const shape = mass_shape(y);
    double const slope = y * y / ((1 + y) * (1 + y) * shape);  // d ln shape / d ln y
    double const change = std::log(target / shape) / slope;
    y *= std::exp(std::clamp(change, -2.0, 2.0));
    if (std::abs(change) < 1e-7) break;  // converges quadratically: 1e-14 after this step
  }
  return y / concentration_;
}

double NfwProfile::density(double x) const {
  double const y = concentration_ * x;
  double const c3 = concentration_ * concentration_ * concentration_;
  return norm_ * c3 / (4 * std::numbers::pi * y * (1 + y) * (1 + y));
}

double NfwProfile::dispersion(double x) const {
  double const place =
      (std::log(std::max(x, 1e-300)) - log_x_min) / (log_x_max - log_x_min) * (n_table - 1);
  double const inside = std::clamp(place, 0.0, n_table - 1.000001);
  auto const i = static_cast<std::size_t>(inside);
  double const f = inside - real(i);
  return std::sqrt((1 - f) * dispersion2_[i] + f * dispersion2_[i + 1]);
}

double NfwProfile::radius_at(double overdensity) const {
  double low = 1e-4, high = 100;  // the mean density falls monotonically
  while (high - low > 1e-12 * high) {
    double const middle = std::sqrt(low * high);
    double const mean = enclosed_mass(middle) / (middle * middle * middle);
    (mean > overdensity / 200 ? low : high) = middle;
    if (middle == low && middle == high) break;
  }
  return std::sqrt(low * high);
}

}  // namespace setsz
