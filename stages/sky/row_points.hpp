// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "stages/sky/sky_direction.hpp"

// Some pixels of a row, or parts of them, as a halo sees them.
namespace setsz {

/// Some points of a ring, equally spaced in longitude, relative to a SkyDirection.
struct RingPoints {
  double z, s;                   ///< of the ring
  double dphi_first, dphi_step;  ///< longitude minus that of the direction [rad]
  std::int64_t count;
  double largest_dphi;  ///< of all |dphi|
};

/// Some points of a row of a flat image, equally spaced, relative to a SkyDirection.
struct FlatPoints {
  FlatPlane const* plane;
  Vec3 along_x, along_y, along_middle;  ///< axes of the plane, (east, south, outwards)
  double x_first, x_step, y;
  std::int64_t count;

  /// Where points are on the sky: unit vectors (east, south, outwards), and solid angle over area.
  struct Places {
    static constexpr int most = 64;
    double x[most], y[most], toward[most], sr[most];
  };
  /// Of points [first, first + n). \pre n <= Places::most
  void place(std::int64_t first, int n, Places& places) const;
  /// Visits all points: visit(places, number of the first, count).
  template <class Visit>
  void for_each_block(Visit&& visit) const {
    Places places;
    for (std::int64_t first = 0; first < count; first += Places::most) {
      int const n = static_cast<int>(std::min<std::int64_t>(Places::most, count - first));
      place(first, n, places);
      visit(places, first, n);
    }
  }
};

inline RingPoints seen_from(SkyDirection const& centre, RingCircle const& circle,
                            RingArc const& arc) {
  std::int64_t const count = arc.last - arc.first;
  double const first = arc.phi_first - centre.phi;
  double const last = first + arc.phi_step * real(count - 1);
  return {circle.z,     circle.s, first,
          arc.phi_step, count,    std::max(std::abs(first), std::abs(last))};
}
FlatPoints seen_from(SkyDirection const& centre, RingCircle const& none, FlatArc const& arc);

}  // namespace setsz
