// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "stages/sky/ring_geometry.hpp"

namespace setsz {

/// The rings [first_ring, last_ring) of a map: what one rank owns. Values are integrals over the
/// pixels [y sr]; everything outside the rings is ignored.
class RingMap {
 public:
  RingMap(RingGeometry geometry, std::int64_t first_ring, std::int64_t last_ring)
      : geometry_(geometry),
        first_ring_(first_ring),
        last_ring_(last_ring),
        pixels_{geometry.first_pixel(first_ring), geometry.first_pixel(last_ring)},
        values_(static_cast<std::size_t>(pixels_.size()), 0.0) {}

  RingGeometry const& geometry() const { return geometry_; }
  std::int64_t first_ring() const { return first_ring_; }
  std::int64_t last_ring() const { return last_ring_; }
  Range pixels() const { return pixels_; }
  bool owns_ring(std::int64_t ring) const { return ring >= first_ring_ && ring < last_ring_; }
  /// Does the band of colatitudes touch the rings?
  bool touches(double theta_min, double theta_max) const {
    return geometry_.ring_at(theta_max) > static_cast<double>(first_ring_) - 1.5 &&
           geometry_.ring_at(theta_min) < static_cast<double>(last_ring_) + 0.5;
  }

  void add(std::int64_t pixel, double value) {
    if (pixels_.contains(pixel)) values_[static_cast<std::size_t>(pixel - pixels_.first)] += value;
  }
  std::span<double> values() { return values_; }
  std::span<double const> values() const { return values_; }

 private:
  RingGeometry geometry_;
  std::int64_t first_ring_, last_ring_;
  Range pixels_;
  std::vector<double> values_;
};

}  // namespace setsz
