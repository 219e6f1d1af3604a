// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stages/registry.hpp"

namespace setsz {

/// The bodies of the stages that need libtorch: empty in `setsz`, filled in `setsz-learn`.
LearningBodies learning_bodies();

}  // namespace setsz
