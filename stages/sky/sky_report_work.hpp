// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "stages/sky/sky_header_work.hpp"

namespace setsz {

/// sky.json but the spectrum.
nlohmann::json sky_report(SkyRecord const& record);

}  // namespace setsz
