// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/bulk_velocity.hpp"

namespace setsz {

Vec3 bulk_velocity(std::span<KeptParticle const> particles, double radius, double particle_mass) {
  struct Sums {
    double mass = 0;
    Vec3 momentum;
  } within, all;
  for (auto const& particle : particles) {
    double const mass = mass_of(particle, particle_mass);
    auto const add = [&](Sums& sums) {
      sums.mass += mass;
      sums.momentum += mass * particle.velocity();
    };
    add(all);
    if (norm2(particle.position()) < radius * radius) add(within);
  }
  auto const& sums = within.mass > 0 ? within : all;
  return sums.mass > 0 ? sums.momentum / sums.mass : Vec3{};
}

void subtract(std::span<KeptParticle> particles, Vec3 const& velocity) {
  for (auto& particle : particles) {
    Vec3 const v = particle.velocity() - velocity;
    particle.v = {single(v.x), single(v.y), single(v.z)};
  }
}

}  // namespace setsz
