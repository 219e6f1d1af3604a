// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "model/lane_sum.hpp"
#include "model/learning_groups.hpp"
#include "model/network.hpp"
#include "model/optimizer.hpp"
#include "model/state_row.hpp"

namespace setsz {

struct TrainerSettings {
  OneCycle schedule;  ///< with the total number of steps
  WeightDecay decay = WeightDecay::l2;
  LearningGroups groups;
  double max_norm = 1;
  std::uint64_t seed = 1;  ///< of dropout
  ChunkSize chunk;
  Device device = Device::cpu;
};

struct StepResult {
  std::vector<double> lane_losses;  ///< sums over targets, before `share`; by lane
  double loss = 0;                  ///< mean over the step's clusters
  double gradient_norm = 0;         ///< before clipping
};

/// One optimiser over all modules; data-parallel over lanes, with the same bits on any number of
/// ranks. Every rank holds all parameters and makes the same step.
class Trainer {
 public:
  Trainer(Comm const& comm, Network network, TrainerSettings const& settings);

  /// Collective. \param lanes  of this rank, numbered on behind those of the ranks before it, from
  /// 0 in each step. Lanes of one cluster are neighbours and differ in their targets only: what
  /// belongs to the cluster as a whole is computed once for all of them on each rank, and
  /// differentiated once in all.
  /// Throws Error(diverged) on all ranks, before the parameters move, if a loss or the gradient is
  /// not finite; the text names the clusters.
  StepResult step(std::vector<Lane> const& lanes);

  /// Collective. Sums over the targets of each lane, by lane, as in `step`: squared error of the
  /// prediction and of the profile that `benchmark` gives for a cluster row.
  struct LaneErrors {
    double network = 0;
    double benchmark = 0;
  };
  std::vector<LaneErrors> evaluate(std::vector<Lane> const& lanes,
                                   std::function<GnfwShape(std::int64_t)> const& benchmark) const;

  Network& network() { return network_; }
  Adam const& optimizer() const { return optimizer_; }

  /// Of the loss of one lane.
  struct LaneReport {
    double loss = 0;
    double share = 0;
    std::int64_t cluster = -1;
    std::int64_t n_targets = 0;
  };

  /// The state beside the network's options: flat tensors "training/parameters",
  /// "training/first_moment", "training/second_moment", and "steps" in the description.
  void save(ModelState& state) const;
  void restore(ModelState const& state);

 private:
  std::vector<LaneReport> accumulate(std::vector<Lane> const& lanes);
  void propagate(std::vector<Lane> const& lanes, std::vector<double> const& own_pulls,
                 std::vector<LaneReport>& reports);
  std::string origin_of_failure(std::vector<Lane> const& lanes) const;

  Comm comm_;
  Network network_;
  StateRow states_;
  TrainerSettings settings_;
  Adam optimizer_;
  LaneSum sum_;
  std::vector<float> gradient_;
};

/// The groups of the optimiser, in the order of the parameters: one for each module of the network,
/// cut where the weight decay acts on some of its tensors only.
std::vector<ParameterGroup> parameter_groups(ParameterLayout const& layout,
                                             TrainerSettings const& settings);

}  // namespace setsz
