// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "model/cluster_input.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

/// ln of the density of a sphere of N particles over the mean of the universe, with max(N, 0.9): it
/// is finite for an empty sphere, and below that of one particle. N itself would tie a network to
/// one particle mass.
inline double log_density(ClusterInput const& cluster, std::int64_t n_particles,
                          double radius_ckpch) {
  double const volume = 4 * std::numbers::pi / 3 * radius_ckpch * radius_ckpch * radius_ckpch;
  return std::log(std::max(real(n_particles), 0.9) * cluster.particle_mass /
                  (volume * cluster.mean_density));
}

}  // namespace setsz
