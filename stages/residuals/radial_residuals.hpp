// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/common/radial_shells.hpp"

namespace setsz {

/// What a prediction misses of a cluster, in spherical shells.
struct RadialResiduals {
  std::vector<double> target, prediction;  ///< mean of each shell; 0 where it is empty
  /// (target - prediction)/prediction; 0 where it is not known.
  std::vector<double> residual;
  std::vector<std::uint8_t> known;  ///< 0: the shell is empty, or nothing is predicted in it
};

/// Both cubes are on the lattice of the shells, z fastest.
/// \source Thiele et al. (2022), section 2, "Stochasticity"
RadialResiduals radial_residuals(RadialShells const& shells, std::span<float const> target,
                                 std::span<float const> prediction);

}  // namespace setsz
