// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "stages/sky/sky_direction.hpp"

namespace setsz {

/// The pixels that hold many points around a direction: SkyDirection::pixel_at of each of them, as
/// a loop without branches where that is possible.
class PointPixels {
 public:
  /// \param x, y   components of unit vectors towards east and south, less than 90 degrees away
  /// \param reach  no x^2 + y^2 is larger than its square
  void find(RingGeometry const& geometry, SkyDirection const& centre, double const* x,
            double const* y, std::size_t n, double reach);
  RingPixel operator[](std::size_t i) const { return {ring_[i], in_ring_[i]}; }

 private:
  std::vector<int> ring_, in_ring_;
};

}  // namespace setsz
