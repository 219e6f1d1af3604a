// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "pipeline/base/vec3.hpp"

namespace setsz::slow {

/// Integral over [low, high] by the tanh-sinh rule, which takes root singularities at the ends.
/// \source Takahasi & Mori (1974)
template <class Function>
double tanh_sinh(Function const& f, double low, double high) {
  constexpr double step = 0.0625;
  double const half = (high - low) / 2;
  double sum = 0;
  for (int i = -52; i <= 52; ++i) {
    double const u = std::numbers::pi / 2 * std::sinh(step * i);
    double const gap = std::exp(-std::abs(u)) / std::cosh(u);  // distance from the nearer end
    double const x = i < 0 ? low + half * gap : high - half * gap;
    sum += std::numbers::pi / 2 * std::cosh(step * i) / (std::cosh(u) * std::cosh(u)) * f(x);
  }
  return sum * step * half;
}

/// The same, cut at all `points` that lie inside.
template <class Function>
double integrate(Function const& f, double low, double high, std::vector<double> points) {
  points.push_back(low);
  points.push_back(high);
  std::sort(points.begin(), points.end());
  double sum = 0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    double const a = std::max(points[i], low), b = std::min(points[i + 1], high);
    if (b > a) sum += tanh_sinh(f, a, b);
  }
  return sum;
}

/// Both roots of x^2 = square.
inline void add_roots(std::vector<double>& points, double square) {
  if (square <= 0) return;
  points.push_back(std::sqrt(square));
  points.push_back(-std::sqrt(square));
}

/// Volume of a ball at the origin within a box: the length along z, integrated over y and x.
/// Knows no formula for an area or a volume of anything round. About 1e-12 of the box.
inline double ball_in_box(double radius, Vec3 const& low, Vec3 const& high) {
  double const r2 = radius * radius;
  auto const area = [&](double x) {
    double const rho2 = r2 - x * x;
    if (rho2 <= 0) return 0.0;
    auto const length = [&](double y) {
      double const s = std::sqrt(std::max(0.0, rho2 - y * y));
      return std::max(0.0, std::min(high.z, s) - std::max(low.z, -s));
    };
    std::vector<double> points;
    add_roots(points, rho2);
    add_roots(points, rho2 - low.z * low.z);
    add_roots(points, rho2 - high.z * high.z);
    return integrate(length, low.y, high.y, std::move(points));
  };
  std::vector<double> points;
  add_roots(points, r2);
  for (double y : {0.0, low.y, high.y})
    for (double z : {0.0, low.z, high.z}) add_roots(points, r2 - y * y - z * z);
  return integrate(area, low.x, high.x, std::move(points));
}

}  // namespace setsz::slow
