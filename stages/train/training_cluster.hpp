// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "model/network_options.hpp"
#include "stages/common/cluster_sampler.hpp"
#include "stages/common/cube_lattice.hpp"
#include "stages/train/target_sampler.hpp"

namespace setsz {

/// Voxels of a cluster on which a trained network is checked, see check_sample.
inline constexpr std::int64_t check_targets = 1024;

/// What is drawn for a cluster in a step.
struct DrawSizes {
  std::int64_t targets = 256;
  int lanes = 1;                       ///< that share the targets of a cluster
  std::int64_t local_particles = 0;    ///< around each target, at most; 0: their count alone
  std::int64_t cluster_particles = 0;  ///< of the whole cluster, likewise
};

/// Bytes of what is drawn of a cluster, at most.
double drawn_bytes(ModuleNeeds const& needs, DrawSizes const& sizes);
/// On each rank, of steps that are drawn ahead; while they travel, two to four times as much.
inline constexpr double drawn_ahead_bytes = 1.6e7;

/// What a cluster is to learn.
struct ClusterTarget {
  CubeLattice lattice;
  std::vector<float> pressure;  ///< P_e/P200 on the lattice, z fastest
  GnfwShape benchmark;
  TargetSampling sampling = TargetSampling::importance;
  /// Of the voxels within 2 R200 in the order of the lattice, as TargetBatch::columns.
  std::vector<float> columns{};
};

/// A cluster with its target pressure: draws the lanes of training and validation steps. All draws
/// are functions of (seed, epoch, cluster, target).
class TrainingCluster {
 public:
  TrainingCluster(std::int64_t row, ClusterParticles particles, ClusterInput input,
                  SphereQuery spheres, ClusterTarget const& target);

  std::int64_t row() const { return row_; }
  ClusterInput const& input() const { return sampler_.input(); }
  double held_bytes() const;
  /// Voxels with r < 2 R200.
  std::int64_t n_voxels() const { return std::ssize(pressure_); }
  /// Eq. 7 of the benchmark over all of them.
  double benchmark_loss() const { return benchmark_loss_; }

  /// Of the voxels with r < 2 R200 together [R200^3].
  double volume_r200() const;

  /// The targets of a step, random voxels, cut into lanes. Clusters with fewer voxels than wanted
  /// give all of them. `share` is that of one cluster; the caller divides it further.
  std::vector<TargetBatch> draw(DrawSizes const& sizes, std::uint64_t seed,
                                std::uint64_t epoch) const;

  /// Where the benchmark fits the gas best [R200].
  Vec3 best_centre() const;
  /// Of the quantities that the modules of a network have standardised, module by module.
  std::vector<Moments> moments(NetworkOptions const& network, DrawSizes const& sizes,
                               std::uint64_t seed) const;

 private:
  void take_columns(std::vector<float> const& in_order_of_lattice);

  std::int64_t row_;
  ClusterSampler sampler_;
  CubeLattice lattice_;
  TargetSampler targets_;
  GnfwShape benchmark_;
  std::vector<float> pressure_;  ///< P_e/P200 of targets_.voxels()
  double benchmark_loss_ = 0;
  std::vector<float> columns_;  ///< as pressure_, each n_columns_ numbers
  std::int64_t n_columns_ = 0;
};

/// Epochs that no training reaches: the fixed sample of validation, and that of standardisation.
inline constexpr std::uint64_t validation_epoch = 0xffffffff;
inline constexpr std::uint64_t standardisation_epoch = 0xfffffffe;

}  // namespace setsz
