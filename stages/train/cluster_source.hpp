// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/target_batch.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/local_spheres.hpp"

namespace setsz {

/// What the network knows of a cluster as a whole.
ClusterInput cluster_input(ClusterTable const& table, std::int64_t row,
                           ClusterScalars const& scalars, ClusterVectors const& vectors);

/// The particles of one cluster, and how targets draw from them. Not movable: the spheres refer to
/// the particles.
class ClusterSource {
 public:
  /// \param local_radius  of the spheres around targets [ckpc/h]
  ClusterSource(ClusterParticles particles, ClusterInput const& input, double local_radius_ckpch);
  ClusterSource(ClusterSource const&) = delete;
  ClusterSource& operator=(ClusterSource const&) = delete;

  ClusterInput const& input() const { return input_; }

  /// Appends a target with the exact count of its local sphere and at most `n_max` of its
  /// particles, drawn uniformly without replacement.
  void add_target(TargetBatch& batch, Vec3 const& position_r200, std::int64_t n_max,
                  Random random) const;
  /// At most `n_max` particles within 2.5 R200, drawn uniformly without replacement; in the order
  /// of the cluster's particles.
  std::vector<Particle> draw_origin(std::int64_t n_max, Random random) const;

 private:
  Particle particle(std::size_t i) const;

  ClusterParticles particles_;
  ClusterInput input_;
  LocalSpheres spheres_;
  float origin_radius2_;  ///< (2.5 R200)^2
  std::int64_t n_within_origin_radius_ = 0;
  mutable std::vector<std::int32_t> indices_;
};

/// Radius of the sphere whose particles origin sees, as in Thiele et al. (2022), section 2 [R200].
inline constexpr double origin_radius_r200 = 2.5;

}  // namespace setsz
