// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "stages/sky/lightcone.hpp"

namespace setsz {

/// What a sky will cost, from the sizes of its haloes alone: CPU seconds of one core, calibrated
/// with small runs to within a factor of two.
struct SkyCost {
  double seconds = 0;                ///< shared by the ranks
  double seconds_on_every_rank = 0;  ///< each rank looks at all replicas
  double table_bytes = 0;
  double n_clusters = 0, n_fill = 0;  ///< replicas

  /// \param radii_ckpch  R200 of the clusters of a box \param pixel  size of a pixel [rad]
  /// \param n_voxels     a side of their cubes; 0: profiles
  void add_clusters(std::vector<double> const& radii_ckpch, double box_ckpch, DistanceShell shell,
                    double pixel, std::int64_t n_voxels);
  /// \param radii_ckpch  of some haloes that stand for all \param n_halos  in a box
  void add_fill(std::vector<double> const& radii_ckpch, double n_halos, double box_ckpch,
                DistanceShell shell, double pixel, double cut_r200);

  static double seconds_of_map(double n_pixels);
  static double seconds_of_spectrum(double nside);
};

}  // namespace setsz
