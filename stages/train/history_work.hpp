// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "pipeline/base/comm.hpp"
#include "stages/train/training_history.hpp"

namespace setsz {

/// Collective: history.h5, one row an epoch.
void write_history(Comm const& comm, std::string const& path, TrainingHistory const& history);

}  // namespace setsz
