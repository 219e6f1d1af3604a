// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "stages/sky/lightcone.hpp"

namespace setsz {

/// The haloes of one box, for an estimate.
struct HaloSizes {
  std::vector<double> const& r200_ckpch;  ///< of some haloes that stand for all
  double n_halos;                         ///< in the box
  std::int64_t n_voxels;                  ///< a side of their cubes; 0: profiles
  double cut_r200;                        ///< where the gas ends
};

/// What a sky will cost, from the sizes of its haloes alone: CPU seconds of one core, calibrated
/// with small runs to within a factor of two.
struct SkyCost {
  double seconds = 0;
  double table_bytes = 0;

  /// \param pixel  size of a pixel [rad] \return the number of images
  double add(HaloSizes const& halos, double box_ckpch, DistanceShell shell, double pixel);

  /// Of a profile that no other halo cuts. \param angle_200  of R200 [rad]
  static double seconds_of_profile(double cut_r200, double angle_200, double pixel);
  static double seconds_of_map(double n_pixels);
  static double seconds_of_spectrum(double nside);
  /// On the rank that transforms the companion map: what it sums, the map, what an iteration still
  /// lacks, and the modes of three steps up to l = 2 nside. Measured.
  static double bytes_of_spectrum(double nside) { return 5 * 8 * 12 * nside * nside; }
  /// The spectrum that haloes make expect. \param n_cubes  that are read for it
  static double seconds_of_expected(double n_images, double n_cubes);
};

}  // namespace setsz
