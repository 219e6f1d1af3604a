// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "model/flux_correction.hpp"
#include "model/network.hpp"
#include "stages/train/training_data_work.hpp"

namespace setsz {

/// Collective: the standard deviation of the codes with which 68% bands of the profiles of new
/// clusters hold the gas, as it stands in the model file: {"scale": s, "clusters": n,
/// "spread_factor_at_1": ...}; null for a network without a code.
///
/// In training the prior of a code has variance 1. But a network knows its training clusters, and
/// what is left for the code to say of them is less than what it misses in new ones: samples
/// scatter by a third of what the gas does. The scale is fitted on the validation clusters, from
/// which no parameter was learned, in eight shells of the profile, by a few fixed-point steps,
/// because the pressure need not be linear in the code.
nlohmann::json fit_code_scale(Comm const& comm, Network const& network, TrainingData const& data,
                              FluxCorrection const& flux);

}  // namespace setsz
