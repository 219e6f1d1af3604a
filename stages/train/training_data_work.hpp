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

/// Paths of what training reads.
struct TrainingFiles {
  std::string clusters, particles, pressure;
  std::string moments;  ///< read if the network asks for columns of targets
};

/// The training and validation clusters of a fold, spread over the ranks: each rank owns a
/// contiguous range of rows with nearly the same number of particles, draws their targets, and
/// sends them to the ranks that compute the lanes.
class TrainingData {
 public:
  /// Collective: reads the products and the owned clusters.
  /// \param benchmark  says where in a cluster targets are important
  TrainingData(Comm const& comm, TrainTask const& task, GnfwParameters const& benchmark,
               TrainingFiles const& files);

  std::vector<std::int64_t> const& training_rows() const { return training_; }
  std::vector<std::int64_t> const& validation_rows() const { return validation_; }
  ClusterTable const& table() const { return table_; }
  /// The clusters of this rank, by row.
  std::map<std::int64_t, std::unique_ptr<TrainingCluster>> const& owned() const { return owned_; }
  /// Of samples that are the same for every training seed.
  std::uint64_t fixed_seed() const { return validation_seed_; }
  std::int64_t id_of(std::int64_t row) const { return table_.clusters[row].id; }
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
  void load_owned(TrainTask const& task, GnfwParameters const& benchmark,
                  TrainingFiles const& files);
  void fit_scalars(TrainTask const& task, std::string const& particles_path);
  void fit_standardisation();
  void fit_modules(std::string const& particles_path);
  double weight_of(TrainingCluster const& cluster) const;
  /// The lanes of a cluster of the step, with their noise. \param place  among the step's clusters
  std::vector<Lane> draw(TrainingCluster const& cluster, std::size_t place, std::size_t n_clusters,
                         std::uint64_t seed, std::uint64_t epoch) const;
  std::vector<Lane> lanes_of(LaneSum const& lanes, std::vector<std::int64_t> const& rows,
                             std::uint64_t seed, std::uint64_t epoch) const;

  Comm comm_;
  ClusterTable table_;
  NetworkOptions network_;
  SphereRadius local_radius_;
  std::vector<std::int64_t> training_, validation_;  ///< rows, ascending
  std::int64_t clusters_per_step_;
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
