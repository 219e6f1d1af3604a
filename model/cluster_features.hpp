// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/network_options.hpp"
#include "model/particle_features.hpp"
#include "model/target_batch.hpp"

namespace setsz {

// Particles of the whole cluster as a DeepSet sees them.

/// The quantities "<module>_radius" and "<module>_speed": |q|/R200 and |v|/V200.
std::vector<std::string> cluster_quantities(std::string_view module);
/// Their sums over the particles that the lanes of a cluster share.
void measure_cluster_particles(std::span<TargetBatch const> lanes, std::span<Moments> sums);

/// How a network writes a particle of the cluster.
struct ClusterForm {
  /// \param module  whose quantities standardise it
  ClusterForm(std::string_view module, NetworkOptions const& network,
              Standardisation const& the_standardisation);
  ContractionRule rule;
  Affine radius, speed;
  Standardisation const& standardisation;
};

/// Numbers of a particle.
std::int64_t n_cluster_features(NetworkOptions const& network);

/// Rows of numbers, one per particle: |q|/R200, |v|/V200, q^.e, v^.e, (q^.e)(v^.e), s.
///
/// Magnitudes and scalars are standardised; contractions and their products are those of
/// VectorContractions.
/// \param features  shape (n_particles, n_cluster_features)
/// \source Thiele et al. (2022), section 2
void cluster_features(ClusterInput const& cluster, ClusterForm const& form,
                      std::span<Particle const> particles, std::span<float> features);

}  // namespace setsz
