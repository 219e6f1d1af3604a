// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

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
/// their targets, and sends them to the ranks that compute the lanes, as many on each.
///
/// Of the few clusters of a step one rank may own most. Several ranks therefore draw the targets of
/// as many steps at once as fit into `drawn_ahead_bytes` a rank: what each has to draw evens out,
/// and they meet less often. What is drawn does not depend on when.
class TrainingData {
 public:
  /// Collective: reads the products and the owned clusters. Keeps references to all three.
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
  /// Of samples that are the same for every training seed.
  std::uint64_t fixed_seed() const { return validation_seed_; }
  /// Steps that show every training cluster once.
  std::int64_t steps_per_epoch() const;
  /// Bytes of particles on this rank.
  double held_bytes() const { return held_bytes_; }

  /// Fitted over the training clusters, without noise.
  Standardisation const& standardisation() const { return standardisation_; }
  /// Before the first step of a network that has learnt before.
  void adopt(Standardisation const& known) { standardisation_.adopt(known); }

  /// Collective: the lanes of this rank in a step of training, with noise on scalars and vectors.
  /// \param step  from the start of the training; in the order of the steps nothing is drawn twice
  std::vector<Lane> training_lanes(std::int64_t step);
  /// Collective: the same for clusters of the fixed validation sample, without noise.
  /// \param places  in validation_rows()
  std::vector<Lane> validation_lanes(Range places) const;
  /// Steps of training whose targets are drawn together.
  std::int64_t drawn_at_once() const { return steps_at_once(training_sizes_); }
  /// How many validation clusters are looked at together: a number that memory permits.
  std::int64_t validated_at_once() const {
    return clusters_per_step_ * steps_at_once(validation_sizes_);
  }

  /// Visits clusters that teach: the ranks share them evenly, in contiguous ranges, and read those
  /// that are not their own. Local.
  void share(std::vector<std::int64_t> const& rows,
             std::function<void(TrainingCluster const&)> const& visit) const;

 private:
  struct TeacherFiles;
  /// Clusters whose targets are drawn for one step, or to validate: all of one epoch.
  struct Drawing {
    std::vector<std::int64_t> rows;
    std::uint64_t epoch;
  };
  void read_teachers();
  TeacherFiles open(Teacher const& teacher) const;
  void load_owned();
  std::unique_ptr<TrainingCluster> read(std::int64_t row, TeacherFiles const& files) const;
  void fit_scalars(TrainOptions const& options);
  void fit_standardisation();
  void fit_modules();
  double weight_of(TrainingCluster const& cluster) const;
  /// Adds what changes from epoch to epoch beside the targets: noise, normals, progress.
  void vary(TargetBatch& batch) const;
  /// The lanes of a cluster, with their noise. \param place  of its row in the drawing
  std::vector<Lane> draw(Drawing const& drawing, std::size_t place) const;
  /// Collective: draws the targets of own clusters. \return the lanes of this rank, by drawing
  std::vector<std::vector<Lane>> deal(std::vector<Drawing> const& drawings) const;
  Drawing drawing_of(std::int64_t step) const;
  std::int64_t steps_at_once(DrawSizes const& sizes) const;

  Comm comm_;
  TrainTask const& task_;
  Context const& context_;
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
  std::deque<std::vector<Lane>> ahead_;  ///< of the steps from next_step_ on
  std::int64_t next_step_ = 0;
};

/// The rank that computes each lane of a step.
std::vector<int> ranks_of_lanes(std::int64_t n_lanes, int n_ranks);

/// As many as fill the memory of the ranks that get lanes; a rank that is alone has nobody to wait
/// for.
std::int64_t steps_drawn_at_once(double bytes_of_step, std::int64_t n_lanes, int n_ranks);

/// The training clusters in the order of an epoch: a function of (seed, epoch).
std::vector<std::int64_t> epoch_order(std::vector<std::int64_t> rows, std::uint64_t seed,
                                      std::uint64_t epoch);

}  // namespace setsz
