// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/common/cluster_particles.hpp"

namespace setsz::test {

inline constexpr double r200_ckpch = 800, v200_kms = 500;

inline void append(ClusterParticles& particles, Vec3 const& q_r200, Vec3 const& v_v200) {
  Vec3 const q = r200_ckpch * q_r200, v = v200_kms * v_v200;
  particles.x.push_back(single(q.x)), particles.vx.push_back(single(v.x));
  particles.y.push_back(single(q.y)), particles.vy.push_back(single(v.y));
  particles.z.push_back(single(q.z)), particles.vz.push_back(single(v.z));
}

/// Particles around a point beside the centre, denser inside, to beyond the radius that counts;
/// their velocities depend on where they are. Not sorted into cells.
inline ClusterParticles lopsided_cluster(std::int64_t n) {
  ClusterParticles particles;
  for (std::int64_t i = 0; i < n; ++i) {
    Random random(5, Purpose::test, static_cast<std::uint64_t>(i));
    Vec3 const normal{random.normal(), random.normal(), random.normal()};
    Vec3 const q = Vec3{0.2, -0.1, 0.05} + 1.2 * random.uniform() * normal;
    Vec3 const v{0.4 + 0.3 * q.y, random.normal() - 0.2 * q.x, 0.5 * random.normal()};
    append(particles, q, v);
  }
  return particles;
}

}  // namespace setsz::test
