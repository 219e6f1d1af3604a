// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/model_state.hpp"
#include "pipeline/run/stage.hpp"

namespace setsz {

/// Collective: the state of a training that rank 0 holds replaces what the journal holds.
/// Its description is one record, each tensor another.
void save_state(Context& context, ModelState const& state, std::int64_t position);

/// Collective: the state of the last commit, on all ranks.
ModelState restore_state(Context& context);

}  // namespace setsz
