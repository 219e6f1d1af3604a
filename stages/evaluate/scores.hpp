// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "model/gnfw.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// What a prediction is worth on one cluster. Trivially copyable.
struct ClusterScore {
  std::int64_t row = 0;  ///< of clusters.h5
  std::int64_t id = 0;
  std::int64_t fold = 0;
  double m200c = 0;           ///< [1e10 Msun/h]
  double loss = 0;            ///< Eq. 7 over all voxels within score_radius_r200
  double loss_benchmark = 0;  ///< the same of the fitted GNFW profile
  double y_pred = 0;          ///< Y within score_radius_r200 [(kpc/h)^2]
  double y_gas = 0;
  double y_benchmark = 0;

  double ratio() const { return loss / loss_benchmark; }
};

/// Means of one cluster's voxels in shells, and how often which pressure occurs (figures 4 and 5).
struct ClusterCurves {
  std::vector<double> gas, predicted, benchmark;                          ///< mean p/P200 by shell
  std::vector<std::int64_t> gas_count, predicted_count, benchmark_count;  ///< by log10(p/P200)
};

/// Edges of the shells, in units of R200: 0 to score_radius_r200.
std::vector<double> shell_edges(std::int64_t n_shells);
/// Edges of the histogram in log10(p/P200).
std::vector<double> histogram_edges();

/// Compares two cubes of p/P200. Sums of p over the voxels are in units of P200 x voxel volume.
struct CubeComparison {
  double loss;
  double sum_predicted, sum_gas;
  ClusterCurves curves;
};
CubeComparison compare_cubes(CubeLattice const& lattice, std::span<float const> predicted,
                             std::span<float const> gas, GnfwShape const& benchmark,
                             std::int64_t n_shells);

/// The middle value, the mean of the two middle ones of an even number. \pre not empty
double median(std::vector<double> values);

/// Percentiles of the median under resampling of the clusters.
struct BootstrapInterval {
  double p2_5, p16, p84, p97_5;
};
/// A function of (seed, values) alone.
BootstrapInterval bootstrap_median(std::span<double const> values, std::int64_t n_resamples,
                                   std::int64_t seed);

/// Everything in scores.json that follows from the clusters' scores: L_opt (median of loss over the
/// benchmark's) with intervals, mean ratio, mass bins with median ratio and Y ratios, the table.
nlohmann::json score_report(std::span<ClusterScore const> scores, std::int64_t n_mass_bins,
                            std::int64_t n_resamples, std::int64_t seed);

}  // namespace setsz
