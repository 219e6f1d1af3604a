// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/base/vec3.hpp"
#include "stages/common/cluster_particles.hpp"

namespace setsz {

/// Particles of a cluster in its own units, each of which stands for `weight` particles.
struct Tracers {
  double weight = 1;
  std::vector<double> x, y, z;     ///< from the catalogue's position [R200]
  std::vector<double> vx, vy, vz;  ///< relative to the halo [V200]

  std::int64_t size() const { return std::ssize(x); }
};

/// All particles within `radius_r200`, in their canonical order.
Tracers tracers_within(ClusterParticles const& particles, double r200c_ckpch, double v200_kms,
                       double radius_r200);

/// At most `n_max` of the tracers, evenly along their canonical order: of any run of n consecutive
/// particles n_max/size() n, to within one. Inside a cell the order is that of a hash, so each
/// particle has the same chance, and dense regions are not over-represented by chance.
Tracers thinned(Tracers const& all, std::int64_t n_max);

/// Mean position, the centre of mass of particles of one mass [R200]; zero without particles.
Vec3 mean_position(Tracers const& tracers);

}  // namespace setsz
