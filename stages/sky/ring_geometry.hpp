// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"

namespace setsz {

/// A part of a pixel, in units of the pixel along its two axes (towards south-west and south-east):
/// (0, 0) is the centre, the pixel spans (-1/2, 1/2)^2. The parts of equal offsets have equal area.
struct PixelPart {
  double along_a = 0, along_b = 0;
};

/// The rings of a HEALPix map in RING order, numbered 1 (north) to 4 nside - 1.
/// \source Gorski et al. (2005), ApJ 622, 759, section 4; parts of pixels are the exact positions
///         of the pixels of finer maps, continued to real offsets
class RingGeometry {
 public:
  explicit RingGeometry(std::int64_t nside) : nside_(nside) {}

  std::int64_t nside() const { return nside_; }
  std::int64_t n_rings() const { return 4 * nside_ - 1; }
  std::int64_t n_pixels() const { return 12 * nside_ * nside_; }
  double pixel_area() const { return std::numbers::pi / (3.0 * double(nside_) * double(nside_)); }
  /// Square root of the pixel's area [rad].
  double pixel_size() const { return std::sqrt(pixel_area()); }
  /// No pixel reaches farther from its centre than this [rad].
  double largest_pixel_radius() const { return 1.0 / real(nside_); }

  std::int64_t pixels_in(std::int64_t ring) const {
    return 4 * std::min({ring, nside_, 4 * nside_ - ring});
  }
  /// Also for ring = n_rings() + 1: the number of pixels.
  std::int64_t first_pixel(std::int64_t ring) const;

  /// The ring number at colatitude theta, as a real number (0 at the north pole, 4 nside).
  double ring_at(double theta) const;

  /// The pixel that holds a direction, and its ring.
  struct Pixel {
    std::int64_t ring, in_ring;
  };
  /// \param z, s   cos and sin of the colatitude \param phi  [rad], -2 pi < phi < 4 pi
  /// \source Gorski et al. (2005), section 5
  Pixel pixel_at(double z, double s, double phi) const;

  /// Height and distance from the axis of a part of all the pixels of a ring.
  struct Circle {
    double z, s;  ///< cos and sin of the colatitude
  };
  Circle circle(std::int64_t ring, PixelPart part) const;

  /// The western corners of the pixels of a ring, counted from a quadrant's first pixel: that of
  /// pixel j lies at longitude phi_first + j phi_step, and is the eastern one of pixel j - 1. The
  /// pixel's northern corner is western corner j + to_north of the ring before, its southern one
  /// j + to_south of the ring after. Beyond the quadrant the count goes on near the equator only.
  struct Corners {
    Circle circle;
    double phi_first, phi_step;
    std::int64_t to_north, to_south;
  };
  Corners western_corners(std::int64_t ring, std::int64_t quadrant) const;

  /// Longitudes of a part of the pixels k = first, first + 1, ... of a ring, equally spaced.
  /// k need not lie in [0, pixels_in(ring)): longitudes go on beyond 2 pi and below 0.
  struct Arc {
    std::int64_t first, last;  ///< pixels [first, last)
    double phi_first, phi_step;
  };
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
      visit(Arc{first, last, (real(first) + shift) * step, step});
      return;
    }
    double const step = quarter / t;
    for (std::int64_t k = first; k < last;) {
      std::int64_t const quadrant =
          (k >= 0 ? k : k - from_pole + 1) / from_pole;  // rounds downwards
      std::int64_t const end = std::min(last, (quadrant + 1) * from_pole);
      double const in_quadrant = real(k - quadrant * from_pole);
      visit(
          Arc{k, end, quarter * real(quadrant) + (in_quadrant + 0.5 + part.along_b) * step, step});
      k = end;
    }
  }

  /// The pixels k of a ring whose centres have longitudes within `half_width` of phi; all pixels of
  /// the ring if half_width >= pi.
  Range pixels_near(std::int64_t ring, double phi, double half_width) const;

 private:
  /// Longitude of pixel 0's centre in units of the spacing.
  double shift_of(std::int64_t ring) const {
    bool const equatorial = ring >= nside_ && ring <= 3 * nside_;
    return equatorial && ((ring - nside_) & 1) ? 0.0 : 0.5;
  }
  std::int64_t nside_;
};

/// Contiguous ranges of rings with nearly equal numbers of pixels.
/// \return n_ranks + 1 boundaries from 1 to n_rings + 1
std::vector<std::int64_t> ring_boundaries(RingGeometry const& geometry, int n_ranks);

}  // namespace setsz
