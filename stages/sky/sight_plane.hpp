// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>

#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// A plane through the centre of a cube with a grid of nodes, on which every line of sight is a
/// point (gnomonic projection). Places are counted in nodes.
struct SightPlane {
  struct Place {
    double u, v;
  };

  Mat3 axes;              ///< by rows: the two directions of the nodes, and the normal, outwards
  Vec3 centre;            ///< of the cube, seen from the observer, along the axes [ckpc/h]
  double scale;           ///< distance of the plane [nodes]
  Place origin;           ///< of node (0, 0), from the foot of the observer
  std::int64_t n_u, n_v;  ///< nodes

  /// All that may be seen of a ball lies within the nodes, and one node more on each side.
  /// \param axes   orthonormal \param seen  centre of the ball \param reach  its radius [ckpc/h]
  /// \param node   spacing of the nodes [ckpc/h]
  /// \pre the whole ball is in front of the observer, seen along the normal
  static SightPlane of_ball(Mat3 const& axes, Vec3 const& seen, double reach, double node);

  /// \param along  a direction along the axes, of any length; along.z > 0
  Place place_of(Vec3 const& along) const {
    double const unit = scale / along.z;
    return {along.x * unit - origin.u, along.y * unit - origin.v};
  }
  /// Along the axes, not a unit vector.
  Vec3 direction_of(Place const& place) const {
    return {place.u + origin.u, place.v + origin.v, scale};
  }
};

inline SightPlane SightPlane::of_ball(Mat3 const& axes, Vec3 const& seen, double reach,
                                      double node) {
  SightPlane plane{axes, axes * seen, 0, {}, 0, 0};
  double const z = plane.centre.z;
  plane.scale = z / node;
  auto const span = [&](double across, double& first, std::int64_t& n) {
    double const angle = std::atan2(across, z), half = std::asin(reach / std::hypot(across, z));
    first = std::floor(plane.scale * std::tan(angle - half)) - 1;
    n = static_cast<std::int64_t>(std::ceil(plane.scale * std::tan(angle + half)) - first) + 2;
  };
  span(plane.centre.x, plane.origin.u, plane.n_u);
  span(plane.centre.y, plane.origin.v, plane.n_v);
  return plane;
}

}  // namespace setsz
