// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/run/stage.hpp"
#include "stages/train/train_stage.hpp"

namespace setsz {

/// The body of the stage train, with libtorch: part of setsz-learn only.
void train_network(TrainTask const& task, Context& context);

}  // namespace setsz
