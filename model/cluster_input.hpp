// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/base/vec3.hpp"

namespace setsz {

/// One dark-matter particle: position and velocity relative to its cluster [ckpc/h, km/s].
struct Particle {
  float x, y, z, vx, vy, vz;
};
inline Vec3 position(Particle const& p) { return {p.x, p.y, p.z}; }
inline Vec3 velocity(Particle const& p) { return {p.vx, p.vy, p.vz}; }

/// What the network knows of a cluster as a whole.
struct ClusterInput {
  double m200c = 0;  ///< [1e10 Msun/h]
  double r200c = 0;  ///< [ckpc/h]
  double v200 = 0;   ///< [km/s]
  double p200 = 0;   ///< comoving code pressure
  double redshift = 0;
  double h = 0.6774;
  std::vector<double> scalars;  ///< raw, in the order of ClusterColumns
  std::vector<Vec3> vectors;    ///< unit vectors (zero where there is none), likewise
  /// (m/M200) sum of q/|q| over the particles of shells around the catalogue's centre, which are
  /// equally wide out to 2.5 R200.
  std::vector<Vec3> shells{};
};

}  // namespace setsz
