// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "model/cluster_input.hpp"

namespace setsz {

/// What a DeepSet multiplies the numbers of a particle with before it takes their mean.
enum class PoolWeight {
  one,        ///< numbers stay numbers; the others make vectors of them
  position,   ///< q/R200
  direction,  ///< q/|q|
  velocity    ///< v/V200
};

/// The weights of particles of the whole cluster over their number: what the mean adds up.
/// \return shape (n_particles, 3); empty for PoolWeight::one
std::vector<float> pool_weights(PoolWeight weight, ClusterInput const& cluster,
                                std::span<Particle const> particles);

}  // namespace setsz
