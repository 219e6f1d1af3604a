// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/beam.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// e^-x I0(x). \source Abramowitz & Stegun, 9.8.1 and 9.8.2: 2e-7
double scaled_bessel(double x) {
  if (x < 3.75) {
    double const t = x / 3.75, q = t * t;
    return std::exp(-x) *
           (1 + q * (3.5156229 +
                     q * (3.0899424 +
                          q * (1.2067492 + q * (0.2659732 + q * (0.0360768 + q * 0.0045813))))));
  }
  double const t = 3.75 / x;
  return (0.39894228 +
          t * (0.01328592 +
               t * (0.00225319 +
                    t * (-0.00157565 +
                         t * (0.00916281 +
                              t * (-0.02057706 +
                                   t * (0.02635537 + t * (-0.01647633 + t * 0.00392377)))))))) /
         std::sqrt(x);
}

/// Linear between nodes i step; 0 beyond.
double between(std::span<double const> table, double per_step, double b) {
  double const place = b * per_step;
  if (place >= real(table.size() - 2)) return 0;
  auto const i = static_cast<std::size_t>(place);
  return table[i] + (place - real(i)) * (table[i + 1] - table[i]);
}

/// Radii at which a convolved profile is smooth between neighbours: a quarter of the beam near the
/// centre, then an eighth of the radius, but of the beam near the end.
std::vector<double> graded_radii(double sigma, double b_cut, double end) {
  std::vector<double> radii{0};
  while (radii.back() < end) {
    double const b = radii.back();
    bool const near_the_end = std::abs(b - b_cut) < 4 * sigma;
    double const step = near_the_end ? sigma / 3 : std::max(sigma / 4, b / 10);
    double const stop = b < b_cut - 4 * sigma ? b_cut - 4 * sigma : end;
    radii.push_back(std::min(b + step, std::max(stop, b + sigma / 4)));
  }
  radii.back() = end;
  return radii;
}

/// Cubic through four neighbours, of values at uneven places.
double cubic(std::span<double const> x, std::span<double const> y, double at) {
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    double weight = 1;
    for (std::size_t j = 0; j < 4; ++j)
      if (j != i) weight *= (at - x[j]) / (x[i] - x[j]);
    sum += weight * y[i];
  }
  return sum;
}

}  // namespace

Beam::Beam(double fwhm) : sigma_(fwhm / std::sqrt(8 * std::log(2.0))) {}

double Beam::at(std::span<double const> profile, double b_cut, double b) const {
  using Rule = boost::math::quadrature::gauss<double, 20>;
  double const low = std::max(0.0, b - reach()), high = std::min(b_cut, b + reach());
  if (low >= high) return 0;
  double const per_step = real(profile.size() - 2) / b_cut, per_variance = 1 / (sigma_ * sigma_);
  auto const ring = [&](double r) {
    double const away = b - r;
    return between(profile, per_step, r) * r * per_variance *
           std::exp(-away * away * per_variance / 2) * scaled_bessel(b * r * per_variance);
  };
  // The profile peaks at its centre: r = t^2 crowds the nodes there.
  auto const line = [&](double t) { return 2 * t * ring(t * t); };
  double const from = std::sqrt(low), to = std::sqrt(high), middle = (from + to) / 2;
  return Rule::integrate(line, from, middle) + Rule::integrate(line, middle, to);
}

void Beam::convolve(std::span<double const> profile, double b_cut, std::span<double> table) const {
  double const end = b_cut + reach();
  nodes_ = graded_radii(sigma_, b_cut, end);
  values_.clear();
  for (double const b : nodes_) values_.push_back(at(profile, b_cut, b));
  std::size_t const n = table.size() - 2;
  std::size_t node = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double const b = end * real(i) / real(n);
    while (node + 4 < nodes_.size() && nodes_[node + 2] < b) ++node;
    table[i] = std::max(
        0.0, cubic(std::span(nodes_).subspan(node, 4), std::span(values_).subspan(node, 4), b));
  }
  table[n] = table[n + 1] = 0;
}

void disc_means(std::span<double const> profile, double step, std::span<double> means) {
  double integral = 0;  // of 2 b profile
  means[0] = profile[0];
  for (std::size_t i = 1; i < profile.size(); ++i) {
    double const b = step * real(i - 1), low = profile[i - 1], high = profile[i];
    integral += 2 * step * (b * (low + high) / 2 + step * (low / 6 + high / 3));
    means[i] = integral / ((b + step) * (b + step));
  }
}

}  // namespace setsz
