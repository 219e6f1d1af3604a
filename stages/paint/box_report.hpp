// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "stages/common/cluster_table.hpp"
#include "stages/paint/grid_spectra.hpp"

namespace setsz {

/// P(k) [(code pressure)^2 (Mpc/h)^3] of painted and true field over k [h/Mpc], the transfer
/// T = sqrt(P / P_true), the correlation r = P_x / sqrt(P P_true), and where r falls to 0.9 and
/// 0.5. Cloud-in-cell windows are not divided out: they cancel in T and r. \param with_truth false:
/// `second` is not looked at
nlohmann::json spectra_report(GridSpectra const& spectra, std::int64_t n_grid, double box_ckpch,
                              bool with_truth);

/// A cluster's Y within 2 R200 as painted (before the partition) and of its gas, in the same units.
struct ClusterY {
  double mass, painted, gas;
};
/// Sums of Y, painted over gas, in bins of equal numbers of clusters by mass.
nlohmann::json y_by_mass(std::vector<ClusterY> clusters, std::int64_t n_bins);

}  // namespace setsz
