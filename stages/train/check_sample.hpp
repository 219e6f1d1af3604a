// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "model/network.hpp"
#include "model/sample_spread.hpp"
#include "pipeline/base/number.hpp"
#include "stages/train/training_cluster.hpp"

namespace setsz {

/// The voxels of a cluster on which a trained network is checked against the gas: 1024, or of a
/// small cube all, with the particle numbers of a prediction. The same on each call; their weights
/// make sums over the cluster unbiased.
TargetBatch check_sample(NetworkOptions const& network, TrainingCluster const& cluster,
                         std::uint64_t seed);

/// P/P200 at the targets with the code 0, and for 16 codes of the cluster, drawn as for a new
/// cluster, whose gas is not known. Of a network without a code one prediction, and it again.
struct CheckedPredictions {
  std::vector<float> without_code;
  std::vector<std::vector<float>> samples;

  /// Of sample k, see spread_sample.
  double spread(std::size_t k, std::size_t target, double power) const {
    return spread_sample(real(without_code[target]), real(samples[k][target]), power);
  }
};
CheckedPredictions predict_codes(Network const& network, TargetBatch const& sample,
                                 std::uint64_t seed);

}  // namespace setsz
