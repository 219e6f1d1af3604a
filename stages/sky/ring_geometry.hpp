// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>
#include <variant>
#include <vector>

#include "stages/sky/car_rings.hpp"
#include "stages/sky/flat_rows.hpp"
#include "stages/sky/healpix_rings.hpp"

namespace setsz {

/// Pixels of the sky in rows, numbered from 1 (north): all that painting needs to know of a
/// projection. Rows are rings of equal latitude, or those of a flat image, which have no end:
/// "ring" stands for both.
class RingGeometry {
  template <class Ask>
  auto of(Ask&& ask) const {
    return std::visit(std::forward<Ask>(ask), rings_);
  }
  /// \pre not flat
  template <class Ask>
  auto of_rings(Ask&& ask) const {
    assert(!flat());
    auto const* car = this->car();
    return car ? ask(*car) : ask(*healpix());
  }

 public:
  /// HEALPix, in RING order.
  explicit RingGeometry(std::int64_t nside) : rings_(HealpixRings(nside)) {}
  explicit RingGeometry(HealpixRings rings) : rings_(rings) {}
  /// Plate carree.
  explicit RingGeometry(CarRings rings) : rings_(rings) {}
  explicit RingGeometry(FlatRows const& rows) : rings_(rows) {}

  /// Nothing if it is another projection.
  HealpixRings const* healpix() const { return std::get_if<HealpixRings>(&rings_); }
  CarRings const* car() const { return std::get_if<CarRings>(&rings_); }
  FlatRows const* flat() const { return std::get_if<FlatRows>(&rings_); }

  std::int64_t n_rings() const {
    return of([](auto const& rings) { return rings.n_rings(); });
  }
  /// Of the full sky, or of the image.
  std::int64_t n_pixels() const {
    return of([](auto const& rings) { return rings.n_pixels(); });
  }
  std::int64_t pixels_in(std::int64_t ring) const {
    return of([&](auto const& rings) { return rings.pixels_in(ring); });
  }
  /// Also for ring = n_rings() + 1: the number of pixels. \pre not flat
  std::int64_t first_pixel(std::int64_t ring) const {
    return of_rings([&](auto const& rings) { return rings.first_pixel(ring); });
  }
  /// The pixels of a ring in the order in which maps have them; those of an image.
  Range whole_ring(std::int64_t ring) const {
    return of([&](auto const& rings) { return rings.whole_ring(ring); });
  }
  /// Of a flat image in its plane, else the solid angle [sr].
  double pixel_area(std::int64_t ring) const {
    return of([&](auto const& rings) { return rings.pixel_area(ring); });
  }
  /// Solid angles of some pixels of a ring [sr].
  std::vector<double> solid_angles(std::int64_t ring, Range pixels) const {
    std::vector<double> areas(static_cast<std::size_t>(std::max<std::int64_t>(0, pixels.size())),
                              pixel_area(ring));
    if (flat() && flat()->plane().projection != FlatProjection::equal_area)
      for (std::size_t i = 0; i < areas.size(); ++i)
        areas[i] = flat()->solid_angle(ring, pixels.first + static_cast<std::int64_t>(i));
    return areas;
  }
  /// Of the largest pixels, or in the middle of an image [rad].
  double pixel_size() const {
    return of([](auto const& rings) { return rings.pixel_size(); });
  }
  PixelSides pixel_sides(Vec3 const& position) const {
    if (flat()) return flat()->pixel_sides(position);
    double const s = std::hypot(position.x, position.y) / norm(position);
    return of_rings([&](auto const& rings) { return rings.pixel_sides(s); });
  }
  /// No pixel reaches farther from its centre than this [rad].
  double largest_pixel_radius() const {
    return of([](auto const& rings) { return rings.largest_pixel_radius(); });
  }
  bool has_bent_edges(std::int64_t ring) const {
    return of([&](auto const& rings) { return rings.has_bent_edges(ring); });
  }
  /// The ring number of a direction, as a real number: that of a ring's centre to half a ring.
  double row_at(Vec3 const& position) const {
    return flat() ? flat()->row_at(position)
                  : ring_at(std::atan2(std::hypot(position.x, position.y), position.z));
  }
  /// The same at colatitude theta. \pre not flat
  double ring_at(double theta) const {
    return of_rings([&](auto const& rings) { return rings.ring_at(theta); });
  }
  /// The pixel that holds a direction. \pre not flat
  /// \param z, s   cos and sin of the colatitude \param phi  [rad], -2 pi < phi < 4 pi
  RingPixel pixel_at(double z, double s, double phi) const {
    return of_rings([&](auto const& rings) { return rings.pixel_at(z, s, phi); });
  }
  /// Of an image nothing.
  RingCircle circle(std::int64_t ring, PixelPart part) const {
    return of([&](auto const& rings) { return rings.circle(ring, part); });
  }
  /// Visits the equally spaced pieces, RingArc or FlatArc, of a part of the pixels [first, last).
  template <class Visit>
  void for_each_piece(std::int64_t ring, PixelPart part, std::int64_t first, std::int64_t last,
                      Visit&& visit) const {
    of([&](auto const& rings) { rings.for_each_arc(ring, part, first, last, visit); });
  }
  /// The same of rings. \pre not flat
  template <class Visit>
  void for_each_arc(std::int64_t ring, PixelPart part, std::int64_t first, std::int64_t last,
                    Visit&& visit) const {
    of_rings([&](auto const& rings) { rings.for_each_arc(ring, part, first, last, visit); });
  }
  /// Visits a part of the pixels [first, last): visit(pixel, unit vector).
  template <class Visit>
  void for_each_direction(std::int64_t ring, PixelPart part, Range pixels, Visit&& visit) const {
    auto const row = circle(ring, part);
    for_each_piece(ring, part, pixels.first, pixels.last, [&](auto const& piece) {
      for (std::int64_t k = piece.first; k < piece.last; ++k)
        visit(k, piece.direction(row, k - piece.first));
    });
  }
  /// The pixels k of a ring whose centres have longitudes within `half_width` of phi; all pixels of
  /// the ring if half_width >= pi. \pre not flat
  Range pixels_near(std::int64_t ring, double phi, double half_width) const {
    return of_rings([&](auto const& rings) { return rings.pixels_near(ring, phi, half_width); });
  }

 private:
  std::variant<HealpixRings, CarRings, FlatRows> rings_;
};

}  // namespace setsz
