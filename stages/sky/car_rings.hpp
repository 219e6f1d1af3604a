// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <numbers>

#include "stages/sky/ring_parts.hpp"

namespace setsz {

/// The rows of a plate carree (CAR) map: rings of n pixels each, from the one at the north pole
/// (number 1) to that at the south pole (n/2 + 1). Pixel k of a ring has its centre at longitude
/// k 2 pi/n and spans 2 pi/n in longitude and latitude; at the poles half of it is left.
///
/// Parts of pixels lie along the meridian, southwards (a), and along the parallel, eastwards (b).
/// \source the variant "CC" (Clenshaw-Curtis) of the full sky in pixell.enmap.fullsky_geometry
class CarRings {
 public:
  /// \pre n_around is even
  explicit CarRings(std::int64_t n_around) : n_(n_around) {}

  std::int64_t n_rings() const { return n_ / 2 + 1; }
  std::int64_t pixels_in(std::int64_t /*ring*/) const { return n_; }
  std::int64_t first_pixel(std::int64_t ring) const { return (ring - 1) * n_; }
  std::int64_t n_pixels() const { return n_rings() * n_; }
  double pixel_area(std::int64_t ring) const;
  /// In latitude.
  double pixel_size() const { return 2 * std::numbers::pi / real(n_); }
  PixelSides pixel_sides(double s) const { return {s * pixel_size(), pixel_size()}; }
  double largest_pixel_radius() const { return 0.75 * pixel_size(); }
  /// Parallels are bent, which matters where pixels are large.
  bool has_bent_edges(std::int64_t /*ring*/) const { return n_ < 720; }
  /// From -180 degrees (excluded) to 180 degrees.
  Range whole_ring(std::int64_t /*ring*/) const { return {1 - n_ / 2, 1 + n_ / 2}; }

  /// The ring number at colatitude theta, as a real number (1 at the north pole).
  double ring_at(double theta) const { return 1 + theta / pixel_size(); }
  RingPixel pixel_at(double z, double s, double phi) const;
  /// In the middle of the ring's area, which is a little nearer to the equator than its latitude.
  RingCircle circle(std::int64_t ring, PixelPart part) const;
  template <class Visit>
  void for_each_arc(std::int64_t /*ring*/, PixelPart part, std::int64_t first, std::int64_t last,
                    Visit&& visit) const {
    double const step = pixel_size();
    visit(RingArc{first, last, (real(first) + part.along_b) * step, step});
  }
  Range pixels_near(std::int64_t /*ring*/, double phi, double half_width) const {
    return setsz::pixels_near(n_, 0, phi, half_width);
  }

 private:
  /// Colatitudes of a ring of the northern hemisphere.
  struct Edges {
    double north, south;
  };
  Edges edges(std::int64_t ring) const;
  bool is_southern(std::int64_t ring) const { return ring > n_rings() / 2 + 1; }
  std::int64_t mirrored(std::int64_t ring) const { return n_rings() + 1 - ring; }

  std::int64_t n_;
};

}  // namespace setsz
