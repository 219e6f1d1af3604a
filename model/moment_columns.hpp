// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/error.hpp"

namespace setsz {

/// What is known of the particles around a target at one Gaussian scale h, with weights
/// w = exp(-d^2/2h^2) out to 3.2 h. Definitions and units: docs/stages/moments.md.
inline constexpr std::array<std::string_view, 9> moment_kinds{
    "weight",        "density",   "dispersion",  "bulk",   "offset",
    "offset_radial", "offset_cm", "bulk_radial", "bulk_cm"};
namespace moment {
enum Kind {
  weight,
  density,
  dispersion,
  bulk,
  offset,
  offset_radial,
  offset_cm,
  bulk_radial,
  bulk_cm
};
}

/// Columns of moments.h5 and of TargetBatch::columns: "weight_1", ..., "bulk_cm_4", "potential".
inline std::vector<std::string> moment_columns(std::int64_t n_scales) {
  std::vector<std::string> names;
  for (std::int64_t scale = 1; scale <= n_scales; ++scale)
    for (auto const kind : moment_kinds) names.push_back(concat(kind, "_", scale));
  names.emplace_back("potential");
  return names;
}

}  // namespace setsz
