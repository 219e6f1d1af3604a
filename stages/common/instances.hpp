// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/run/options.hpp"
#include "stages/common/sections.hpp"

namespace setsz {

/// What makes instances beside the snapshots. Stages that are made once for each fold, model or
/// seed take the lists from here, so that they agree; the keys are declared, with their help, by
/// the stages whose sections hold them.
///
/// [catalog] folds: 1 (one split) or the k of a k-fold cross-validation.
std::int64_t fold_count(Configuration const& configuration);
/// [train] seeds: each makes a network of its own.
std::vector<std::int64_t> training_seeds(Configuration const& configuration);
/// Each seed's network; behind them, where there are several, their mean.
std::vector<Member> model_members(Configuration const& configuration);
/// The one of which maps are painted: the mean, or the only network.
Member painted_member(Configuration const& configuration);
/// Names of the [model.NAME] sections.
std::vector<std::string> model_names(Configuration const& configuration);

/// The key `seeds` of [train], for the struct of that section to declare.
inline void declare_seeds(OptionList& options, std::vector<double>& seeds) {
  options.add("seeds", seeds,
              {.help = "a network is trained for each of these seeds", .min = 0, .max = 1e9});
}

}  // namespace setsz
