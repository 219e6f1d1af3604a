// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "model/flux_correction.hpp"
#include "model/network.hpp"
#include "stages/train/training_data_work.hpp"

namespace setsz {

/// Collective: the power of spread_sample with which 68% bands of the profiles of new clusters hold
/// the gas, as it stands in the model file: {"power": p, "clusters": n, "coverage_at_1": ...};
/// null for a network without a code.
///
/// Fitted on the validation clusters, from which no parameter was learned, in 16 shells.
nlohmann::json fit_sample_spread(Comm const& comm, Network const& network, TrainingData const& data,
                                 FluxCorrection const& flux);

}  // namespace setsz
