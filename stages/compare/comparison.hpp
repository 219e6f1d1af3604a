// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "stages/common/score_report.hpp"
#include "stages/compare/paired.hpp"

namespace setsz {

struct ComparisonSettings {
  ScoreReportSettings scores{};
  std::size_t reference = 0;     ///< place among the contenders
  std::string settings_tried{};  ///< as the user states it
};

/// results.json: of each model what `score_report` says, its losses in bins of those of the
/// benchmark, and the cost of its training; of all pairs
/// of models the paired difference as matrices "pairs", row against column; "against_reference" is
/// the reference's column in words.
/// \pre at least one; all have the benchmark of the same fits
nlohmann::json compare_models(std::vector<Contender> const& contenders,
                              ComparisonSettings const& settings);

/// Replaces the benchmark of a model from another run by that of a model of this one, so that both
/// are divided by the same; clusters that the latter lacks are dropped. \return how many
std::int64_t take_benchmark(Contender& contender, Contender const& from);

/// Makes the losses of samples among the figures of a model anew, over the benchmark and of the
/// clusters that it has after `take_benchmark`.
void renew_sample_losses(Contender& contender, BootstrapSettings const& settings);

}  // namespace setsz
