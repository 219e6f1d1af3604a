// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/learning.hpp"
#include "stages/predict/predict_network.hpp"
#include "stages/train/train_network.hpp"

namespace setsz {

LearningBodies learning_bodies() {
  return {.train = train_network, .predict = predict_network, .require_device = require_device};
}

}  // namespace setsz
