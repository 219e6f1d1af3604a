// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/module.hpp"
#include "model/target_batch.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/local_spheres.hpp"
#include "stages/common/particle_store.hpp"

namespace setsz {

/// What the network knows of a cluster as a whole.
/// \param columns  that it sees
ClusterInput cluster_input(ClusterTable const& table, ParticleStore const& store, std::int64_t row,
                           ClusterColumns const& columns);

/// ClusterInput::density from all particles of the cluster. \param n  cells a side; 0: empty
std::vector<float> cluster_density(ClusterParticles const& particles, ClusterInput const& input,
                                   std::int64_t n);
/// What a network needs of the spheres around targets.
struct SphereQuery {
  double radius_ckpch = 0;  ///< 0: nothing
  bool mean_velocity = false;
};
SphereQuery sphere_query(ModuleNeeds const& needs, double r200c_ckpch);

/// The particles of one cluster, and how a network draws from them. Not movable: the spheres refer
/// to the particles.
class ClusterSampler {
 public:
  ClusterSampler(ClusterParticles particles, ClusterInput input, SphereQuery spheres);
  ClusterSampler(ClusterSampler const&) = delete;
  ClusterSampler& operator=(ClusterSampler const&) = delete;

  ClusterInput const& input() const { return input_; }
  std::int64_t n_particles() const { return particles_.size(); }

  /// A batch of this cluster, still without targets.
  /// \param n_max  particles of the whole cluster, see draw_cluster; 0: none
  TargetBatch batch(std::int64_t row, std::int64_t n_max, Random random) const;
  /// Appends a target with the exact count of its local sphere and at most `n_max` of its
  /// particles, drawn uniformly without replacement; 0: none of them.
  void add_target(TargetBatch& batch, Vec3 const& position_r200, std::int64_t n_max,
                  Random random) const;
  /// At most `n_max` particles within cluster_sample_radius_r200, drawn uniformly without
  /// replacement; in the order of the cluster's particles.
  std::vector<Particle> draw_cluster(std::int64_t n_max, Random random) const;

 private:
  Particle particle(std::size_t i) const;
  Vec3 sphere_velocity(Vec3 const& target) const;

  ClusterParticles particles_;
  ClusterInput input_;
  std::optional<LocalSpheres> spheres_;
  bool mean_velocity_;
  float sample_radius2_;  ///< of draw_cluster, squared
  std::int64_t n_within_sample_radius_ = 0;
  mutable std::vector<std::int32_t> indices_;
};

}  // namespace setsz
