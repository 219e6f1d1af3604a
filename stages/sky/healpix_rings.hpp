// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"
#include "stages/sky/ring_parts.hpp"

namespace setsz {

/// The rings of a HEALPix map in RING order, numbered 1 (north) to 4 nside - 1.
/// \source Gorski et al. (2005), ApJ 622, 759, section 4; parts of pixels are the exact positions
///         of the pixels of finer maps, continued to real offsets
///
/// Parts of pixels lie along the two edges, towards south-west (a) and south-east (b).
class HealpixRings {
 public:
  explicit HealpixRings(std::int64_t nside) : nside_(nside) {}

  std::int64_t nside() const { return nside_; }
  std::int64_t n_rings() const { return 4 * nside_ - 1; }
  std::int64_t n_pixels() const { return 12 * nside_ * nside_; }
  double pixel_area(std::int64_t /*ring*/) const { return area(); }
  /// Square root of the area.
  double pixel_size() const { return std::sqrt(area()); }
  PixelSides pixel_sides(double /*s*/) const { return {pixel_size(), pixel_size()}; }
  double largest_pixel_radius() const { return 1.0 / real(nside_); }
  /// Edges of pixels are bent near the poles, and those of large pixels anywhere.
  bool has_bent_edges(std::int64_t ring) const {
    constexpr std::int64_t bent_rings = 16, bent_nside = 32;
    return nside_ < bent_nside || std::min(ring, 4 * nside_ - ring) < bent_rings;
  }
  Range whole_ring(std::int64_t ring) const { return {0, pixels_in(ring)}; }

  std::int64_t pixels_in(std::int64_t ring) const {
    return 4 * std::min({ring, nside_, 4 * nside_ - ring});
  }
  /// Also for ring = n_rings() + 1: the number of pixels.
  std::int64_t first_pixel(std::int64_t ring) const;

  /// The ring number at colatitude theta, as a real number (0 at the north pole, 4 nside).
  double ring_at(double theta) const;

  /// The pixel that holds a direction, and its ring.
  /// \param z, s   cos and sin of the colatitude \param phi  [rad], -2 pi < phi < 4 pi
  /// \source Gorski et al. (2005), section 5
  RingPixel pixel_at(double z, double s, double phi) const;

  RingCircle circle(std::int64_t ring, PixelPart part) const;

  /// The western corners of the pixels of a ring, counted from a quadrant's first pixel: that of
  /// pixel j lies at longitude phi_first + j phi_step, and is the eastern one of pixel j - 1. The
  /// pixel's northern corner is western corner j + to_north of the ring before, its southern one
  /// j + to_south of the ring after. Beyond the quadrant the count goes on near the equator only.
  struct Corners {
    RingCircle circle;
    double phi_first, phi_step;
    std::int64_t to_north, to_south;
  };
  Corners western_corners(std::int64_t ring, std::int64_t quadrant) const;

  /// Visits the equally spaced pieces of the pixels [first, last): one near the equator, one a
  /// quadrant in the polar caps.
  template <class Visit>
  void for_each_arc(std::int64_t ring, PixelPart part, std::int64_t first, std::int64_t last,
                    Visit&& visit) const {
    std::int64_t const from_pole = std::min(ring, 4 * nside_ - ring);
    double const t = real(from_pole) + part.along_a + part.along_b;
    constexpr double quarter = std::numbers::pi / 2;
    if (from_pole > nside_ || (from_pole == nside_ && t >= real(nside_))) {
      double const step = quarter / real(nside_);
      double const shift = shift_of(ring) + (part.along_b - part.along_a) / 2;
      visit(RingArc{first, last, (real(first) + shift) * step, step});
      return;
    }
    double const step = quarter / t;
    for (std::int64_t k = first; k < last;) {
      std::int64_t const quadrant =
          (k >= 0 ? k : k - from_pole + 1) / from_pole;  // rounds downwards
      std::int64_t const end = std::min(last, (quadrant + 1) * from_pole);
      double const in_quadrant = real(k - quadrant * from_pole);
      visit(RingArc{k, end, quarter * real(quadrant) + (in_quadrant + 0.5 + part.along_b) * step,
                    step});
      k = end;
    }
  }

  Range pixels_near(std::int64_t ring, double phi, double half_width) const;

 private:
  double area() const { return std::numbers::pi / (3.0 * double(nside_) * double(nside_)); }
  /// Longitude of pixel 0's centre in units of the spacing.
  double shift_of(std::int64_t ring) const {
    bool const equatorial = ring >= nside_ && ring <= 3 * nside_;
    return equatorial && ((ring - nside_) & 1) ? 0.0 : 0.5;
  }
  std::int64_t nside_;
};

}  // namespace setsz
