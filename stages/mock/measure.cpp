// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/measure.hpp"
#include "pipeline/base/number.hpp"

#include <algorithm>
#include <cmath>

namespace setsz {

HaloMeasurement measure_halo(MockUniverse const& universe, std::int64_t number,
                             std::span<MockParticle const> particles) {
  double const r200 = universe.halos[number].scales.r200c_ckpch;
  HaloMeasurement result;
  double speed2 = 0;
  for (auto const& particle : particles) {
    if (norm2(particle.position) > r200 * r200) continue;
    ++result.n_particles;
    result.centre_of_mass += particle.position;
    result.mean_velocity += particle.velocity;
    result.angular_momentum += cross(particle.position, particle.velocity);
    speed2 += norm2(particle.velocity);
  }
  if (result.n_particles == 0) return result;
  double const per_particle = 1 / real(result.n_particles);
  result.centre_of_mass *= per_particle;
  result.mean_velocity *= per_particle;
  result.angular_momentum *= universe.particle_mass * universe.a();
  result.velocity_rms =
      std::sqrt(std::max(0.0, speed2 * per_particle - norm2(result.mean_velocity)));
  return result;
}

}  // namespace setsz
