// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "pipeline/base/error.hpp"

namespace setsz {

/// The lines below the message of a stage that failed: what became of its outputs, and whether the
/// same command can continue.
std::string advice_after(ExitCode code);

}  // namespace setsz
