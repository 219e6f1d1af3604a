// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/run/stage.hpp"
#include "stages/predict/predict_stage.hpp"

namespace setsz {

/// The body of the stage predict, with libtorch: part of setsz-learn only.
void predict_network(PredictTask const& task, Context& context);

}  // namespace setsz
