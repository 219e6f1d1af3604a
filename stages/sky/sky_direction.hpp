// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/base/vec3.hpp"
#include "stages/sky/ring_geometry.hpp"

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
  /// The pixel that holds a direction. \param local  unit vector (east, south, outwards)
  RingPixel pixel_at(RingGeometry const& geometry, Vec3 const& local) const;
};

}  // namespace setsz
