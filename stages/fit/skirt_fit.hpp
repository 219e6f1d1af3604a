// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "stages/common/cube_lattice.hpp"
#include "stages/halos/partition.hpp"
#include "stages/halos/skirt_slope.hpp"

namespace setsz {

/// The gas around a cluster in shells of 0.25 R200 from 1.5 to 2.5 R200, without what lies nearer
/// (in units of R200) to another cluster. Plain numbers, to travel between ranks.
struct SkirtShells {
  static constexpr double inner_r200 = 1.5, outer_r200 = 2.5;
  static constexpr std::size_t n = 4;
  double mass = 0;                        ///< [1e10 Msun/h]
  std::array<double, n> pressure_sum{};   ///< sum of P/P200 dV [R200^3]
  std::array<double, n> volume{};         ///< [R200^3]
  std::array<double, n> ln_radius_sum{};  ///< sum of P/P200 ln(r / 2 R200) dV
};

/// The voxels of a cube whose centres lie in the shells. \param pressure  P/P200, z fastest
/// \param r200  [ckpc/h]
SkirtShells skirt_shells(double mass, double r200, CubeLattice const& lattice,
                         std::span<float const> pressure, Claims const& claims);

/// The clusters of each of at most `n_mass_bins` bins of mass are stacked, in units of P200 and
/// R200. The slope of ln p over the ln of the mean radii of the shells is n of the bin; a straight
/// line through the bins gives index and mass slope. The defaults, if no bin has gas in two shells.
SkirtSlope fit_skirt(std::span<SkirtShells const> clusters, std::int64_t n_mass_bins);

}  // namespace setsz
