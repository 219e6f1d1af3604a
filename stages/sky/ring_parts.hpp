// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"
#include "pipeline/base/vec3.hpp"

// What pixels in rings of equal latitude consist of, whatever their projection.
namespace setsz {

/// A part of a pixel, in units of the pixel along its two axes: (0, 0) is the centre, the pixel
/// spans (-1/2, 1/2)^2. The parts of equal offsets have equal area.
struct PixelPart {
  double along_a = 0, along_b = 0;
};

/// A pixel of a ring, 0 <= in_ring < the ring's number.
struct RingPixel {
  std::int64_t ring, in_ring;
};

/// Height and distance from the axis of a part of all the pixels of a ring.
struct RingCircle {
  double z, s;  ///< cos and sin of the colatitude
};

/// Longitudes of a part of the pixels k = first, first + 1, ... of a ring, equally spaced. k need
/// not lie in [0, the ring's number): longitudes go on beyond 2 pi and below 0.
struct RingArc {
  std::int64_t first, last;  ///< pixels [first, last)
  double phi_first, phi_step;
  /// Of pixel first + i.
  Vec3 direction(RingCircle const& circle, std::int64_t i) const {
    double const phi = phi_first + phi_step * real(i);
    return {circle.s * std::cos(phi), circle.s * std::sin(phi), circle.z};
  }
};

/// Sides of a pixel [rad].
struct PixelSides {
  double shortest, longest;
};

/// Of n pixels around a ring, of which number k has its centre at longitude (k + shift) 2 pi/n:
/// those within `half_width` of phi; all of them if half_width >= pi.
inline Range pixels_near(std::int64_t n, double shift, double phi, double half_width) {
  double const per_angle = real(n) / (2 * std::numbers::pi);
  auto const first =
      static_cast<std::int64_t>(std::ceil((phi - half_width) * per_angle - shift - 1e-9));
  auto const last =
      static_cast<std::int64_t>(std::floor((phi + half_width) * per_angle - shift + 1e-9)) + 1;
  if (half_width < std::numbers::pi && last - first <= n) return {first, std::max(first, last)};
  auto const start =
      static_cast<std::int64_t>(std::ceil((phi - std::numbers::pi) * per_angle - shift));
  return {start, start + n};
}

}  // namespace setsz
