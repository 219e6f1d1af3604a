// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "stages/common/angle.hpp"

/// What planes cut off a unit ball; see BallOverlap.
namespace setsz::ball_faces {

inline constexpr double pi = std::numbers::pi;
inline constexpr double full = 4 * pi / 3;  ///< volume of the unit ball

/// Volume of {unit ball, x > a}.
inline double one_face(double a) {
  if (a >= 1) return 0;
  if (a <= -1) return full;
  return pi / 3 * (1 - a) * (1 - a) * (2 + a);
}

/// Volume of {unit ball, x > a, y > b}. \param va, vb  one_face of a and b
inline double two_faces(double a, double b, double va, double vb) {
  double const t2 = 1 - a * a - b * b;
  if (t2 <= 0) {  // the line misses the ball: the two caps that are cut off, or the rest, are apart
    if (a >= 0 && b >= 0) return 0;
    if (a < 0 && b < 0) return std::max(0.0, va + vb - full);
    return a < 0 ? vb : va;
  }
  double const t = std::sqrt(t2);
  return (2 * angle(t, a * b) - a * (3 - a * a) * angle(t, b) - b * (3 - b * b) * angle(t, a) +
          2 * a * b * t) /
         3;
}

}  // namespace setsz::ball_faces
