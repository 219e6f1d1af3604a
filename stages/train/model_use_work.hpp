// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/model_state.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/train/train_stage.hpp"

namespace setsz {

/// Local: adds what a model needs to be applied to other simulations, read from the products that
/// taught it. Entries of the description: "trained_on" (stages/common/trained_on.hpp),
/// "flux_profile" (the profile that conserves flux, for haloes without a cube), "prediction"
/// (options that change predictions only), "inputs" (options of extract and moments that decide
/// what the inputs mean), "sampling_seed" (of the particles that predictions draw), "code".
void describe_use(ModelState& state, TrainTask const& task, Context const& context);

}  // namespace setsz
