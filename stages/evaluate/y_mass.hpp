// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "stages/common/cluster_score.hpp"

namespace setsz {

/// ln(Y / (kpc/h)^2) = intercept + slope ln(M200c / 1e14 Msun/h), by least squares.
struct YMassRelation {
  double slope = 0, intercept = 0;
  double scatter = 0;             ///< root mean square of the residuals, with n - 2
  std::vector<double> residuals;  ///< of each cluster
};
/// \pre masses and y are positive; at least three clusters, not all of one mass
YMassRelation fit_y_mass(std::span<double const> m200c_1e10msunh, std::span<double const> y);

/// The relations of gas, prediction and benchmark with 68% intervals over the clusters, and how the
/// residuals of the prediction at fixed mass correlate with those of the gas: 0 where a prediction
/// knows the mean relation only, 1 where it knows every cluster. null with fewer than four
/// clusters. Clusters without positive Y are left out and counted.
nlohmann::json y_mass_report(std::span<ClusterScore const> scores, std::int64_t resamples);

}  // namespace setsz
