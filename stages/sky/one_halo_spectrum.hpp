// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/halos/wave_table.hpp"

namespace setsz {

/// Whole l from 2 to l_max, some 20 a decade, the last one too.
std::vector<std::int64_t> few_multipoles(std::int64_t l_max);

/// C_l that haloes have where their places do not depend on each other: sum of |y_l|^2/(4 pi), the
/// one-halo term of exactly these haloes. Each is round, at one distance, and flat around itself:
/// y_l is its transform at k = (l + 1/2)/D.
/// \source Komatsu & Kitayama (1999), ApJ 526, L1, equation 4
class OneHaloSpectrum {
 public:
  explicit OneHaloSpectrum(std::span<std::int64_t const> multipoles);

  /// \param sr     the integral over the sky of a gas of which F is 1 [unit of the map x sr]
  /// \param angle  of R200 [rad]
  /// \param l_box  below this multipole its box has no waves, 2 pi D/L
  void add(WaveTable const& waves, double sr, double angle, double l_box = 0);
  /// At the multipoles [unit of the map squared x sr].
  std::vector<double> const& values() const { return values_; }
  /// What of them comes from haloes whose boxes have no waves so long.
  std::vector<double> const& beyond_box() const { return beyond_box_; }

 private:
  std::vector<double> ln_l_, values_, beyond_box_;  ///< ln(l + 1/2)
};

}  // namespace setsz
