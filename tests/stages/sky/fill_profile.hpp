// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <numbers>
#include <numeric>
#include <span>

#include "model/gnfw.hpp"
#include "stages/halos/profile_family.hpp"
#include "stages/sky/sky_painter.hpp"

namespace setsz {

/// A halo of the fill of 5e13 Msun/h at z = 0, out to 4 R200.
inline constexpr double mass = 5000, r200 = 600;
inline double gnfw_profile(double m, double x) { return gnfw(gnfw_shape({}, m, 0.6774, 0), x); }
inline ProfileFamily const& fill_family() {
  static ProfileFamily const family(gnfw_profile, 1000, 20000, 4);
  return family;
}

/// The integral of this profile, shell by shell, each with its mean 1/chi^2.
inline double known_integral(SkyHalo const& halo) {
  double const distance = norm(halo.position);
  double sum = 0;
  int const n = 20000;
  for (int i = 0; i < n; ++i) {
    double const r = 4 * r200 * (i + 0.5) / n;
    double const dimming = std::log((distance + r) / (distance - r)) / (2 * r * distance);
    sum += halo.weight * 4 * std::numbers::pi * r * r * gnfw_profile(mass, r / r200) * dimming * 4 *
           r200 / n;
  }
  return sum;
}

inline double sum_of(std::span<double const> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace setsz
