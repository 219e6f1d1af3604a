// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "pipeline/base/range.hpp"
#include "stages/sky/tiling.hpp"

namespace setsz {

/// How often lines of sight meet the same part of the box, in another replica; parts are cubes of
/// 1/16 of its length.
struct SightRepeats {
  std::int64_t n_lines = 0;
  std::int64_t largest = 0;      ///< most times that a line meets one part
  std::int64_t sum_largest = 0;  ///< of the same number over the lines
};

/// Lines 0, 1, 2 are the axes; the others cover the sky evenly.
inline constexpr std::int64_t n_sight_lines = 12291;

/// \param shell  the sky, from its nearest to its farthest halo
/// \param lines  some of n_sight_lines
SightRepeats count_repeats(Lattice const& lattice, DistanceShell shell, Range lines);

}  // namespace setsz
