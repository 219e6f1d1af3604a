// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "pipeline/base/comm.hpp"

namespace setsz {

/// The first lines of every log: version, revision, ranks x threads, configuration, BLAS in use.
void log_environment(Comm const& comm, std::string const& configuration_path);

}  // namespace setsz
