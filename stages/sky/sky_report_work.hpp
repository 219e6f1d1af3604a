// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "stages/sky/sky_header_work.hpp"

namespace setsz {

/// sky.json but the spectrum.
nlohmann::json sky_report(SkyRecord const& record);

/// The spectrum of a map: C_l, l = 0 ... 2 nside. \param map  RING, at `nside`
nlohmann::json spectrum_report(std::vector<double> const& map, std::int64_t nside);

}  // namespace setsz
