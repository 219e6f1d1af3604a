// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "stages/common/bootstrap.hpp"
#include "stages/common/cluster_score.hpp"

namespace setsz {

struct ScoreReportSettings {
  BootstrapSettings bootstrap;
  std::int64_t mass_bins = 3;
};

/// Everything that follows from the clusters' scores, with "_68" and "_95" intervals:
///
/// - L_opt (median of loss over the benchmark's), mean_ratio, ratio_of_sums;
/// - y: Y predicted over Y of the gas, of the sums, mean and median of single clusters;
/// - mass_bins: median ratio and y in bins of equal numbers;
/// - without_flux_correction: the same of the predictions as the network gave them;
/// - one_network, where the table is of a mean: the same of any single one of its networks, and
///   L_opt_of_seeds;
/// - interval_holds: whose noise the intervals hold, in words.
///
/// \param model  seeds of different models are drawn independently
nlohmann::json score_report(ScoreTable const& table, ScoreReportSettings const& settings,
                            std::string_view model);

}  // namespace setsz
