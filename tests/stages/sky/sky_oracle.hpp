// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "stages/halos/parcels.hpp"
#include "stages/sky/sky_painter.hpp"

namespace setsz {

/// The slow, obvious painters against which the fast ones are held: integrals over the pixels of a
/// whole map in RING order [y sr].

/// A map finer by `refine`, each line of sight followed through the voxels in small steps.
std::vector<double> oracle_cube_rays(std::int64_t nside, SparseCube const& cube,
                                     SkyHalo const& halo, Claims const& claims, std::int64_t refine,
                                     int steps);

/// Every voxel cut into `cuts`^3 points, every point into the pixel of its direction.
std::vector<double> oracle_cube(std::int64_t nside, SparseCube const& cube, SkyHalo const& halo,
                                Claims const& claims, int cuts);

/// The brightness of `profile(r)` [P200] at the centres of a map finer by `refine`, each line of
/// sight integrated in small steps.
std::vector<double> oracle_profile(std::int64_t nside, std::function<double(double)> const& profile,
                                   double r_cut, SkyHalo const& halo, Claims const& claims,
                                   std::int64_t refine, int steps);

/// What others leave of a halo, shell by shell: every point of many directions asks the partition.
/// A total that knows neither pixels nor lines of sight. Relative accuracy some 1e-4.
/// \param profile  of r/R200 [P200], out to `cut_r200`
struct LeftByPoints {
  double whole, left;
};
LeftByPoints left_by_points(std::function<double(double)> const& profile, double cut_r200,
                            SkyHalo const& halo, Claims const& claims);

}  // namespace setsz
