// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/cluster_input.hpp"

namespace setsz {

/// Targets of one cluster with everything the network needs to evaluate them: a lane of a training
/// step, or a block of voxels to predict. Moves between ranks as bytes.
struct TargetBatch {
  std::int64_t cluster_row = -1;  ///< of clusters.h5
  std::uint64_t epoch = 0;        ///< seeds dropout, with the cluster and the target's index
  std::int64_t first_target = 0;  ///< index of the first target in the cluster's sample
  ClusterInput cluster;           ///< scalars and vectors with their training noise
  std::vector<double> scalars;    ///< those of the cluster without noise
  double weight = 1;              ///< of the squared error of each target in the loss
  double share = 1;               ///< 1/(clusters x targets) of the step: makes the loss a mean

  std::vector<Vec3> position;          ///< of the targets, relative to the cluster [R200]
  std::vector<float> truth;            ///< P_e/P200; empty in prediction
  std::vector<float> target_weight;    ///< of each squared error, beside `weight`; as truth
  std::vector<std::int64_t> n_within;  ///< exact number of particles in each local sphere
  /// Mean velocity of all particles in each local sphere [km/s]; empty if no module needs it.
  std::vector<Vec3> sphere_velocity;
  std::vector<std::int64_t> first_particle;  ///< (n_targets + 1) rows of `local`
  std::vector<Particle> local;               ///< sampled particles of all targets, one by one
  std::vector<Particle> cluster_particles;   ///< sampled particles of the whole cluster
  /// (n_targets, n_columns), raw, as ModuleNeeds::target_columns.
  std::vector<float> columns;

  double progress = 0;  ///< of the training, 0 to 1
  /// Standard normals that modules may use in training, see ModuleNeeds::normals; empty: nothing is
  /// drawn.
  std::vector<double> normals;

  std::int64_t size() const { return std::ssize(position); }
};

/// Radius of the sphere of which `cluster_particles` are a sample, as in Thiele et al. (2022),
/// section 2 [R200].
inline constexpr double cluster_sample_radius_r200 = 2.5;

/// A lane of a step: its number and its targets.
struct Lane {
  int number = 0;
  TargetBatch batch;
};

/// Appends a batch or lane to a message.
void pack(TargetBatch const& batch, std::vector<std::byte>& message);
void pack(Lane const& lane, std::vector<std::byte>& message);
/// Reads one and moves `cursor` behind it. \pre the bytes come from `pack`
TargetBatch unpack(std::vector<std::byte> const& message, std::size_t& cursor);
Lane unpack_lane(std::vector<std::byte> const& message, std::size_t& cursor);

}  // namespace setsz
