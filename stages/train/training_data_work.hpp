// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "model/lane_sum.hpp"
#include "model/scalar_noise.hpp"
#include "pipeline/base/comm.hpp"
#include "stages/train/train_stage.hpp"
#include "stages/train/training_cluster.hpp"

namespace setsz {

/// A snapshot that teaches: its clusters, and the profile against which their losses are measured
/// and which says where in a cluster targets are important.
struct Teacher {
  ClusterTable table;
  GnfwParameters benchmark;
  std::int64_t first_row = 0;  ///< the rows of a training run through all its snapshots
};

/// Who owns which rows. Memory goes with the particles, work with the number of clusters: targets
/// to draw, predictions to correct the flux. Both count the same. \param particles  of each cluster
/// that teaches; 0 for the others \return as balanced_boundaries
std::vector<std::int64_t> training_boundaries(std::vector<double> particles, int n_ranks);

/// The training and validation clusters of a fold, of all snapshots that teach, spread over the
/// ranks: each rank owns a contiguous range of rows with nearly the same number of particles, draws
/// their targets, and sends them to the ranks that compute the lanes.
class TrainingData {
 public:
  /// Collective: reads the products and the owned clusters.
  TrainingData(Comm const& comm, TrainTask const& task, Context const& context);

  /// Rows, ascending; of several snapshots one behind the other.
  std::vector<std::int64_t> const& training_rows() const { return training_; }
  std::vector<std::int64_t> const& validation_rows() const { return validation_; }
  std::vector<Teacher> const& teachers() const { return teachers_; }
  Teacher const& teacher_of(std::int64_t row) const;
  Cluster const& cluster(std::int64_t row) const;
  /// The profile of its snapshot for a cluster.
  GnfwShape benchmark_of(std::int64_t row) const;
  /// From which a network starts, see joint_profile.
  GnfwParameters benchmark() const;
  /// The clusters of this rank, by row.
  std::map<std::int64_t, std::unique_ptr<TrainingCluster>> const& owned() const { return owned_; }
  /// Of samples that are the same for every training seed.
  std::uint64_t fixed_seed() const { return validation_seed_; }
  int n_lanes() const { return static_cast<int>(clusters_per_step_) * training_sizes_.lanes; }
  /// Steps that show every training cluster once.
  std::int64_t steps_per_epoch() const;
  /// Bytes of particles on this rank.
  double held_bytes() const { return held_bytes_; }

  /// Fitted over the training clusters, without noise.
  Standardisation const& standardisation() const { return standardisation_; }
  /// Before the first step of a network that has learnt before.
  void adopt(Standardisation const& known) { standardisation_.adopt(known); }

  /// Collective: the lanes of this rank in a step of training, with noise on scalars and vectors.
  std::vector<Lane> training_lanes(LaneSum const& lanes, std::uint64_t epoch,
                                   std::int64_t step_of_epoch) const;
  /// Collective: the same for the next clusters of the fixed validation sample, without noise.
  std::vector<Lane> validation_lanes(LaneSum const& lanes, std::int64_t first_cluster) const;

 private:
  struct TeacherFiles;
  void read_teachers(TrainTask const& task, Context const& context);
  void load_owned(TrainTask const& task, Context const& context);
  void load(std::int64_t row, TeacherFiles const& files, TargetSampling sampling);
  void fit_scalars(TrainOptions const& options);
  void fit_standardisation();
  void fit_modules();
  double weight_of(TrainingCluster const& cluster) const;
  /// Adds what changes from epoch to epoch beside the targets: noise, normals, progress.
  void vary(TargetBatch& batch, std::uint64_t seed, std::uint64_t epoch) const;
  /// The lanes of a cluster of the step, with their noise. \param place  among the step's clusters
  std::vector<Lane> draw(TrainingCluster const& cluster, std::size_t place, std::size_t n_clusters,
                         std::uint64_t seed, std::uint64_t epoch) const;
  std::vector<Lane> lanes_of(LaneSum const& lanes, std::vector<std::int64_t> const& rows,
                             std::uint64_t seed, std::uint64_t epoch) const;

  Comm comm_;
  std::vector<Teacher> teachers_;
  std::vector<ClusterInput> inputs_;  ///< of the training clusters, without noise
  NetworkOptions network_;
  std::vector<std::int64_t> training_, validation_;  ///< rows, ascending
  std::int64_t clusters_per_step_, epochs_;
  DrawSizes training_sizes_, validation_sizes_;
  std::uint64_t seed_, validation_seed_;
  ClusterWeight cluster_weight_;
  std::map<std::int64_t, std::unique_ptr<TrainingCluster>> owned_;  ///< by row
  double held_bytes_ = 0;
  Standardisation standardisation_;
  ScalarNoise noise_;
};

/// The training clusters in the order of an epoch: a function of (seed, epoch).
std::vector<std::int64_t> epoch_order(std::vector<std::int64_t> rows, std::uint64_t seed,
                                      std::uint64_t epoch);

}  // namespace setsz
