// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/gnfw.hpp"
#include "stages/common/cluster_score.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// Means of one cluster's voxels in shells, and how often which pressure occurs (figures 4 and 5).
struct ClusterCurves {
  std::vector<double> gas, predicted, benchmark;  ///< mean p/P200 by shell
  /// Voxels by log10(p/P200); the first number counts those below all bins (or 0), the last one
  /// those above.
  std::vector<std::int64_t> gas_count, predicted_count, benchmark_count;
};

/// Edges of the shells, in units of R200: 0 to score_radius_r200.
std::vector<double> shell_edges(std::int64_t n_shells);
/// Edges of the histogram in log10(p/P200).
std::vector<double> histogram_edges();

/// Compares two cubes of p/P200 over all voxels within score_radius_r200. Sums of p are in units of
/// P200 x voxel volume.
struct CubeComparison {
  std::int64_t n_voxels;
  double loss;
  double loss_uncorrected;  ///< of the prediction divided by its flux factor
  double sum_predicted, sum_gas;
  ClusterCurves curves;
};
CubeComparison compare_cubes(CubeLattice const& lattice, std::span<float const> predicted,
                             std::span<float const> gas, GnfwShape const& benchmark,
                             std::int64_t n_shells, double flux_strength = 0);

/// What one of several networks contributes to their mean; its y_pred is the sum of p, as above.
SeedScore compare_with_mean(CubeLattice const& lattice, std::span<float const> predicted,
                            std::span<float const> mean, std::span<float const> gas);

}  // namespace setsz
