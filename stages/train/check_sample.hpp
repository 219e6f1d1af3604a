// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "model/network.hpp"
#include "stages/train/training_cluster.hpp"

namespace setsz {

/// The voxels of a cluster on which a trained network is checked against the gas: 1024, or of a
/// small cube all, with the particle numbers of a prediction. The same on each call; their weights
/// make sums over the cluster unbiased.
TargetBatch check_sample(NetworkOptions const& network, TrainingCluster const& cluster,
                         std::uint64_t seed);

/// P/P200 at the targets for 16 codes of the cluster; of a network without a code one prediction.
/// Codes are drawn as for a new cluster, whose gas is not known.
/// \param code_scale  standard deviation of the codes
std::vector<std::vector<float>> predict_codes(Network const& network, TargetBatch const& sample,
                                              std::uint64_t seed, double code_scale);

}  // namespace setsz
