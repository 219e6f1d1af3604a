// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/learning.hpp"
#include "stages/predict/predict_work.hpp"
#include "stages/train/train_work.hpp"

namespace setsz {

LearningBodies learning_bodies() {
  return {.train = train_network,
          .predict = predict_network,
          .require_device = require_device,
          .require_arithmetic = require_arithmetic};
}

}  // namespace setsz
