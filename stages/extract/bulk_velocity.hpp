// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>

#include "stages/extract/captured.hpp"

namespace setsz {

/// The mean velocity, weighted by mass, of the particles within `radius` of the centre; where there
/// is none, of all [km/s]. The sum runs in double in the order of the particles.
/// \param particle_mass  of all [1e10 Msun/h]; 0: every particle weighs its own
Vec3 bulk_velocity(std::span<KeptParticle const> particles, double radius, double particle_mass);

/// From now on the velocities are relative to `velocity`.
void subtract(std::span<KeptParticle> particles, Vec3 const& velocity);

}  // namespace setsz
