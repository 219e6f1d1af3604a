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

/// Mean p in radial bins of equal width from 0 to score_radius_r200, from the voxel centres in
/// them. \pre every bin holds a voxel, see `finest_bins`
std::vector<double> bin_means(RadialSums const& sums, std::int64_t n_bins);
/// The largest number of bins (at most 20) that are all wider than 1.25 voxels.
std::int64_t finest_bins(CubeLattice const& lattice);

}  // namespace setsz
