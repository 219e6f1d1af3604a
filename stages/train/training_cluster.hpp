// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "stages/common/cube_lattice.hpp"
#include "stages/train/cluster_source.hpp"
#include "stages/train/target_sampler.hpp"

namespace setsz {

/// Lanes that share the targets of one cluster in a step: with 4 clusters 12 lanes, which 1, 2, 3,
/// 4, 6 and 12 ranks divide evenly.
inline constexpr int lanes_per_cluster = 3;

/// What is drawn for a cluster in a step.
struct DrawSizes {
  std::int64_t targets = 256;
  std::int64_t local_particles = 256;    ///< 0: the network has no local module
  std::int64_t origin_particles = 1000;  ///< 0: no origin module
};

/// Sums for the standardisation, of one cluster.
struct ClusterMoments {
  Moments origin_radius, origin_speed, local_radius, local_speed, target_radius, log_count;
};

/// What a cluster is to learn.
struct ClusterTarget {
  CubeLattice lattice;
  std::vector<float> pressure;  ///< P_e/P200 on the lattice, z fastest
  GnfwShape benchmark;
  TargetSampling sampling = TargetSampling::importance;
};

/// A cluster with its target pressure: draws the lanes of training and validation steps. All draws
/// are functions of (seed, epoch, cluster, target).
class TrainingCluster {
 public:
  TrainingCluster(std::int64_t row, ClusterParticles particles, ClusterInput const& input,
                  double local_radius_ckpch, ClusterTarget const& target);

  std::int64_t row() const { return row_; }
  ClusterInput const& input() const { return source_.input(); }
  /// Voxels with r < 2 R200.
  std::int64_t n_voxels() const { return std::ssize(pressure_); }

  /// The targets of a step, random voxels, cut into lanes. Clusters with fewer voxels than wanted
  /// give all of them. `share` is that of one cluster; the caller divides it further.
  std::array<TargetBatch, lanes_per_cluster> draw(DrawSizes const& sizes, std::uint64_t seed,
                                                  std::uint64_t epoch) const;

  ClusterMoments moments(DrawSizes const& sizes, double local_radius_ckpch,
                         std::uint64_t seed) const;

 private:
  std::int64_t row_;
  ClusterSource source_;
  CubeLattice lattice_;
  TargetSampler sampler_;
  std::vector<float> pressure_;  ///< P_e/P200 of sampler_.voxels()
};

/// Epochs that no training reaches: the fixed sample of validation, and that of standardisation.
inline constexpr std::uint64_t validation_epoch = 0xffffffff;
inline constexpr std::uint64_t standardisation_epoch = 0xfffffffe;

}  // namespace setsz
