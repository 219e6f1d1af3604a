// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/gnfw.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// All that a spherical model can know about a cluster's voxels within score_radius_r200: for each
/// distinct radius of the lattice the number of voxels, the sum of p = P/P200 and of p^2. Losses
/// computed from them are exact, at a thousandth of the cost.
struct RadialSums {
  CubeLattice lattice;
  std::vector<double> count;     ///< by shell of the lattice; may be 0
  std::vector<double> pressure;  ///< sum of p
  double pressure2 = 0;          ///< sum of p^2 over all voxels
  double n_voxels = 0;           ///< sum of count

  /// Sum of p over all voxels.
  double total_pressure() const;
};

/// \param pressure  P/P200, shape (n, n, n), z fastest
RadialSums radial_sums(CubeLattice const& lattice, std::span<float const> pressure);

/// Eq. 7: mean of (p - model)^2 over the voxels. \param model  p/P200 by shell
double spherical_loss(RadialSums const& sums, std::span<double const> model);
/// The model at the shells' radii.
std::vector<double> gnfw_at_shells(GnfwShape const& shape, RadialSums const& sums);

/// Equally spaced radii from score_radius_r200 / n to score_radius_r200 [R200], with gaps that no
/// voxel spans.
inline constexpr std::int64_t most_radii = 20;
std::int64_t n_radii(CubeLattice const& lattice);

/// The exact share of the voxels of each lattice shell that lies within each radius, (radius,
/// shell). Within the outermost radius voxels count as in every score: wholly or not at all, by
/// their centres.
std::vector<std::vector<double>> shares_within(CubeLattice const& lattice, std::int64_t n_radii);

/// Integral of p dV within each radius, in units of R200^3. The last is that of all voxels.
std::vector<double> pressure_within(RadialSums const& sums,
                                    std::vector<std::vector<double>> const& shares);

}  // namespace setsz
