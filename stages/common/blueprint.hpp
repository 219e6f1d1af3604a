// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/device.hpp"
#include "model/kernels/arithmetic.hpp"
#include "pipeline/run/axes.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/common/sections.hpp"

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
  /// Throws Error(config) if this processor cannot compute so.
  void (*require_arithmetic)(Arithmetic) = nullptr;
};

/// What all stage instances of a configuration are built from.
struct Blueprint {
  explicit Blueprint(Configuration const& the_configuration, LearningBodies const& the_bodies = {});

  Configuration const& configuration;
  Axes axes;
  std::vector<SnapshotInstance> snapshots;  ///< in the order of axes.snapshots()
  LearningBodies bodies;

  SnapshotInstance const& snapshot(std::string const& name) const;
};

}  // namespace setsz
