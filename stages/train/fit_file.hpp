// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "model/gnfw.hpp"

namespace setsz {

/// Local: a fit of gnfw.json. \param name  "benchmark" or "flux"
GnfwParameters read_fit(std::string const& path, std::string const& name);

}  // namespace setsz
