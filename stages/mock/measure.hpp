// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "stages/mock/universe.hpp"

namespace setsz {

struct MockParticle {
  Vec3 position;  ///< [ckpc/h]
  Vec3 velocity;  ///< physical peculiar [km/s]
};

/// What a halo finder would say about one halo, measured on its own particles within R200 of the
/// catalogue position.
struct HaloMeasurement {
  std::int64_t n_particles = 0;  ///< within R200
  Vec3 centre_of_mass;           ///< minus the catalogue position [ckpc/h]
  Vec3 mean_velocity;            ///< minus the catalogue velocity [km/s]
  Vec3 angular_momentum;         ///< about the catalogue position [1e10 Msun/h phys. kpc/h km/s]
  double velocity_rms = 0;       ///< three-dimensional, about the mean [km/s]
};
/// \param particles  of `halo_particles`: relative to the catalogue
HaloMeasurement measure_halo(MockUniverse const& universe, std::int64_t halo,
                             std::span<MockParticle const> particles);

}  // namespace setsz
