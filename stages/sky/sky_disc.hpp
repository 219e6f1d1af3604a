// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "stages/sky/sky_direction.hpp"

namespace setsz {

/// A disc around a direction, in rows of pixels.
class SkyDisc {
 public:
  /// Pixels of a ring within the disc; the circle is that of the ring's centres.
  struct Row {
    std::int64_t ring;
    Range pixels;
    RingCircle circle;
  };
  /// \param angle  its radius [rad]
  SkyDisc(RingGeometry const& geometry, SkyDirection const& centre, double angle);

  /// The rows whose pixels' centres may lie within the disc, and some more.
  Range rings() const;
  /// The pixels of a row whose centres lie within the disc; those of a flat image, and some more.
  /// \param circle  that of the row's centres
  Range pixels_of(std::int64_t ring, RingCircle const& circle) const;
  Range pixels_of(std::int64_t ring) const {
    return pixels_of(ring, geometry_->circle(ring, PixelPart{}));
  }
  /// All rows that have such pixels, from north to south.
  void list_rows(std::vector<Row>& rows) const;
  /// Could all pixels have a part in the disc? A plane does not show the whole sky.
  bool is_whole() const { return !flat_ || flat_->is_whole; }

  /// 4 sin^2(angle/2), the square of the chord that an angle spans.
  static double chord2_of(double angle) {
    double const half = std::sin(angle / 2);
    return 4 * half * half;
  }

 private:
  void list_healpix_rows(HealpixRings const& rings, std::vector<Row>& rows) const;

  RingGeometry const* geometry_;
  double theta_, phi_, z_, s_, angle_, chord2_;
  std::optional<FlatRows::Ellipse> flat_;
};

}  // namespace setsz
