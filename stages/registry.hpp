// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "model/device.hpp"
#include "pipeline/run/stage.hpp"

namespace setsz {

struct TrainTask;    // stages/train/train_stage.hpp
struct PredictTask;  // stages/predict/predict_stage.hpp

/// The bodies of the stages that need libtorch. The program `setsz` does not link it and leaves
/// them empty; it execs `setsz-learn`, which has them, before MPI starts (docs/decisions/0002).
struct LearningBodies {
  void (*train)(TrainTask const&, Context&) = nullptr;
  void (*predict)(PredictTask const&, Context&) = nullptr;
  /// Throws Error(config) if this machine has no such device.
  void (*require_device)(Device) = nullptr;
};

/// All stage instances of a configuration, in an order in which inputs come before their users.
std::vector<std::unique_ptr<Stage>> build_stages(Configuration const& configuration,
                                                 LearningBodies const& bodies);

/// Every section that exists, with its options.
std::vector<SectionSchema> all_schemas();

/// The names of all stages, in order, and whether running one needs libtorch.
std::vector<std::string> stage_names();
bool needs_libtorch(std::string_view stage);

}  // namespace setsz
