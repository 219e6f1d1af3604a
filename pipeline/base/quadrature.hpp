// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

// Gauss-Legendre quadrature. The numbers are not those of boost::math::quadrature::gauss: its last
// bits differ (weights by up to 15 units in the last place), and with them those of the products.
namespace setsz {

struct QuadraturePoint {
  double x, weight;
};

/// Rules on [-1, 1]: the points with x >= 0; those with x < 0 mirror them.
/// \source Abramowitz & Stegun (1964), table 25.4
inline constexpr std::array<QuadraturePoint, 3> gauss_5{{{0, 0.5688888888888889},
                                                         {0.5384693101056831, 0.4786286704993665},
                                                         {0.9061798459386640, 0.2369268850561891}}};
inline constexpr std::array<QuadraturePoint, 4> gauss_8{{{0.1834346424956498, 0.3626837833783620},
                                                         {0.5255324099163290, 0.3137066458778873},
                                                         {0.7966664774136267, 0.2223810344533745},
                                                         {0.9602898564975363, 0.1012285362903763}}};
inline constexpr std::array<QuadraturePoint, 5> gauss_10{
    {{0.1488743389816312, 0.2955242247147529},
     {0.4333953941292472, 0.2692667193099963},
     {0.6794095682990244, 0.2190863625159821},
     {0.8650633666889845, 0.1494513491505806},
     {0.9739065285171717, 0.0666713443086881}}};

/// All points of such a rule, x ascending.
template <std::size_t n>
std::vector<QuadraturePoint> both_sides(std::array<QuadraturePoint, n> const& rule) {
  std::vector<QuadraturePoint> all;
  for (auto point = rule.rbegin(); point != rule.rend(); ++point)
    if (point->x > 0) all.push_back({-point->x, point->weight});
  all.insert(all.end(), rule.begin(), rule.end());
  return all;
}

/// The rule with n points on [0, 1], by Newton's method; x descends.
template <int n>
std::array<QuadraturePoint, n> gauss_legendre() {
  std::array<QuadraturePoint, n> rule;
  for (int i = 0; i < n; ++i) {
    double x = std::cos(std::numbers::pi * (i + 0.75) / (n + 0.5));
    double slope = 1;
    for (int iteration = 0; iteration < 20; ++iteration) {
      double previous = 1, value = x;
      for (int k = 2; k <= n; ++k) {
        double const next = ((2 * k - 1) * x * value - (k - 1) * previous) / k;
        previous = std::exchange(value, next);
      }
      slope = n * (x * value - previous) / (x * x - 1);
      x -= value / slope;
    }
    rule[i] = {(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)};
  }
  return rule;
}

}  // namespace setsz
