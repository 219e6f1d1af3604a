// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "model/network.hpp"
#include "stages/train/flux_fit.hpp"
#include "stages/train/training_data_work.hpp"

namespace setsz {

/// Collective: Y of some clusters as a network gives it and as the gas has it, in the order of the
/// rows. Both come from the same sample of voxels, whose weights make the sums unbiased, with the
/// particle numbers of prediction. Ranks share the clusters evenly, each is computed whole: the
/// same bits on any number of ranks.
/// \param rows  training or validation clusters, ascending
/// \param spread  power of the samples over which the predictions are averaged (spread_sample)
std::vector<FluxSample> sample_flux(Comm const& comm, Network const& network,
                                    TrainingData const& data, std::vector<std::int64_t> const& rows,
                                    double spread);

/// Collective: the flux correction of a network, fitted on training and validation clusters, as it
/// stands in the model file: the bins, and Y of the predictions over that of the gas with and
/// without it. The network has learned from the training clusters, not from those of validation:
/// where the two ratios differ, clusters that it has never seen will follow the second.
nlohmann::json fit_flux(Comm const& comm, Network const& network, TrainingData const& data,
                        std::int64_t n_bins, double spread);

}  // namespace setsz
