// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <utility>
#include <variant>

#include "stages/sky/car_rings.hpp"
#include "stages/sky/healpix_rings.hpp"

namespace setsz {

/// Pixels of the sky in rings of equal latitude, numbered from 1 (north): all that painting needs
/// to know of a projection.
class RingGeometry {
  template <class Ask>
  auto of(Ask&& ask) const {
    return std::visit(std::forward<Ask>(ask), rings_);
  }

 public:
  /// HEALPix, in RING order.
  explicit RingGeometry(std::int64_t nside) : rings_(HealpixRings(nside)) {}
  explicit RingGeometry(HealpixRings rings) : rings_(rings) {}
  /// Plate carree.
  explicit RingGeometry(CarRings rings) : rings_(rings) {}

  /// Nothing if it is another projection.
  HealpixRings const* healpix() const { return std::get_if<HealpixRings>(&rings_); }
  CarRings const* car() const { return std::get_if<CarRings>(&rings_); }

  std::int64_t n_rings() const {
    return of([](auto const& rings) { return rings.n_rings(); });
  }
  /// Of the full sky.
  std::int64_t n_pixels() const {
    return of([](auto const& rings) { return rings.n_pixels(); });
  }
  std::int64_t pixels_in(std::int64_t ring) const {
    return of([&](auto const& rings) { return rings.pixels_in(ring); });
  }
  /// Also for ring = n_rings() + 1: the number of pixels.
  std::int64_t first_pixel(std::int64_t ring) const {
    return of([&](auto const& rings) { return rings.first_pixel(ring); });
  }
  /// The pixels of a ring in the order in which maps have them.
  Range whole_ring(std::int64_t ring) const {
    return of([&](auto const& rings) { return rings.whole_ring(ring); });
  }
  /// [sr]
  double pixel_area(std::int64_t ring) const {
    return of([&](auto const& rings) { return rings.pixel_area(ring); });
  }
  /// Of the largest pixels [rad].
  double pixel_size() const {
    return of([](auto const& rings) { return rings.pixel_size(); });
  }
  /// \param s  sin of the colatitude
  PixelSides pixel_sides(double s) const {
    return of([&](auto const& rings) { return rings.pixel_sides(s); });
  }
  /// No pixel reaches farther from its centre than this [rad].
  double largest_pixel_radius() const {
    return of([](auto const& rings) { return rings.largest_pixel_radius(); });
  }
  bool has_bent_edges(std::int64_t ring) const {
    return of([&](auto const& rings) { return rings.has_bent_edges(ring); });
  }
  /// The ring number at colatitude theta, as a real number: that of a ring's centre to half a ring.
  double ring_at(double theta) const {
    return of([&](auto const& rings) { return rings.ring_at(theta); });
  }
  /// The pixel that holds a direction.
  /// \param z, s   cos and sin of the colatitude \param phi  [rad], -2 pi < phi < 4 pi
  RingPixel pixel_at(double z, double s, double phi) const {
    return of([&](auto const& rings) { return rings.pixel_at(z, s, phi); });
  }
  RingCircle circle(std::int64_t ring, PixelPart part) const {
    return of([&](auto const& rings) { return rings.circle(ring, part); });
  }
  /// Visits the equally spaced pieces of a part of the pixels [first, last) of a ring.
  template <class Visit>
  void for_each_arc(std::int64_t ring, PixelPart part, std::int64_t first, std::int64_t last,
                    Visit&& visit) const {
    of([&](auto const& rings) { rings.for_each_arc(ring, part, first, last, visit); });
  }
  /// The pixels k of a ring whose centres have longitudes within `half_width` of phi; all pixels of
  /// the ring if half_width >= pi.
  Range pixels_near(std::int64_t ring, double phi, double half_width) const {
    return of([&](auto const& rings) { return rings.pixels_near(ring, phi, half_width); });
  }

 private:
  std::variant<HealpixRings, CarRings> rings_;
};

}  // namespace setsz
