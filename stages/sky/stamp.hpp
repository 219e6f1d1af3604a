// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/base/vec3.hpp"
#include "stages/sky/ring_map.hpp"

namespace setsz {

/// A direction on the sky and the local frame in which its neighbourhood is described: `east` along
/// growing longitude, `south` along growing colatitude, `outwards` from the observer.
struct SkyDirection {
  double theta, phi;  ///< colatitude, longitude [rad]
  double z, s;        ///< cos(theta), sin(theta)
  Vec3 east, south, outwards;

  /// \pre position is not the zero vector; at a pole the longitude is 0
  explicit SkyDirection(Vec3 const& position);
  Mat3 to_local() const { return {{east, south, outwards}}; }
};

/// Some points of a ring, equally spaced in longitude, relative to a SkyDirection.
struct RingPoints {
  double z, s;                   ///< of the ring
  double dphi_first, dphi_step;  ///< longitude minus that of the direction [rad]
  std::int64_t count;
  double largest_dphi;  ///< of all |dphi|
};

/// The values of the pixels in a disc around a direction, computed ring by ring.
///
/// Kept apart from the map, so that they can be scaled to a known integral: every rank that shares
/// the disc computes all of it and finds the same factor.
class Stamp {
 public:
  /// Averages `add_row(RingPoints, double* values)`, which adds a surface brightness at given
  /// points to `values`, over the 4^level parts of every pixel that the disc may touch.
  /// \param radius  of the disc [rad]: the brightness is 0 outside
  template <class AddRow>
  void build(RingGeometry const& geometry, SkyDirection const& centre, double radius, int level,
             AddRow&& add_row);

  /// Sum over the pixels of value x area.
  double integral() const { return integral_; }
  /// Adds factor x value x area to the pixels that the map owns.
  void add_to(RingMap& map, double factor) const;
  std::int64_t n_pixels() const { return static_cast<std::int64_t>(values_.size()); }

 private:
  struct Row {
    std::int64_t ring, first;  ///< pixels first, first + 1, ... modulo the ring's number
    std::size_t begin, end;    ///< in values_
  };
  std::vector<Row> rows_;
  std::vector<double> values_;
  double area_ = 0;
  double integral_ = 0;
};

template <class AddRow>
void Stamp::build(RingGeometry const& geometry, SkyDirection const& centre, double radius,
                  int level, AddRow&& add_row) {
  rows_.clear();
  values_.clear();
  area_ = geometry.pixel_area();
  double const reach =
      std::min(radius + (level > 0 ? geometry.largest_pixel_radius() : 0), std::numbers::pi);
  double const north = centre.theta - reach, south = centre.theta + reach;
  auto const number = [](double ring) { return static_cast<std::int64_t>(ring); };
  std::int64_t const first_ring =
      north <= 0 ? 1 : std::max<std::int64_t>(1, number(std::ceil(geometry.ring_at(north) - 1e-7)));
  std::int64_t const last_ring =
      south >= std::numbers::pi
          ? geometry.n_rings()
          : std::min(geometry.n_rings(), number(std::floor(geometry.ring_at(south) + 1e-7)));
  double const chord2 = 4 * std::sin(reach / 2) * std::sin(reach / 2);  // |n - n0|^2 at the edge
  int const parts = 1 << level;
  for (std::int64_t ring = first_ring; ring <= last_ring; ++ring) {
    auto const [z, s] = geometry.circle(ring, PixelPart{});
    // |n - n0|^2 = dz^2 + ds^2 + 4 s s0 sin^2(dphi/2)
    double const across = 4 * s * centre.s;
    double const left = chord2 - (z - centre.z) * (z - centre.z) - (s - centre.s) * (s - centre.s);
    if (left < 0) continue;
    double const half_width =
        left >= across ? std::numbers::pi : 2 * std::asin(std::sqrt(left / across));
    Range const pixels = geometry.pixels_near(ring, centre.phi, half_width);
    if (pixels.size() <= 0) continue;
    Row const row{ring, pixels.first, values_.size(),
                  values_.size() + static_cast<std::size_t>(pixels.size())};
    values_.resize(row.end, 0.0);
    for (int a = 0; a < parts; ++a) {
      for (int b = 0; b < parts; ++b) {
        PixelPart const part{(a + 0.5) / parts - 0.5, (b + 0.5) / parts - 0.5};
        auto const circle = geometry.circle(ring, part);
        geometry.for_each_arc(ring, part, pixels.first, pixels.last, [&](auto const& arc) {
          double const first = arc.phi_first - centre.phi;
          double const last = first + arc.phi_step * static_cast<double>(arc.last - arc.first - 1);
          RingPoints const points{circle.z,
                                  circle.s,
                                  first,
                                  arc.phi_step,
                                  arc.last - arc.first,
                                  std::max(std::abs(first), std::abs(last))};
          add_row(points, values_.data() + row.begin + (arc.first - pixels.first));
        });
      }
    }
    rows_.push_back(row);
  }
  double sum = 0;
  double const share = 1.0 / (parts * parts);
  for (double& value : values_) sum += (value *= share);
  integral_ = sum * area_;
}

}  // namespace setsz
