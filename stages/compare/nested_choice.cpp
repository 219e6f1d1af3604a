// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/nested_choice.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

double validation_of(Contender const& candidate, std::int64_t fold) {
  auto const found = candidate.validation.find(fold);
  require(found != candidate.validation.end() && !found->second.empty(), ExitCode::config,
          "[compare] choose: the networks of ", candidate.name, " in fold ", fold,
          " have no validation; run the stage train again");
  auto const& ratios = found->second;
  return std::accumulate(ratios.begin(), ratios.end(), 0.0) / real(ratios.size());
}

/// The place of the best candidate in a fold.
std::size_t best_of(std::span<Contender const> candidates, std::int64_t fold) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i)
    if (validation_of(candidates[i], fold) < validation_of(candidates[best], fold)) best = i;
  return best;
}

}  // namespace

NestedChoice choose_by_validation(std::span<Contender const> candidates) {
  require(!candidates.empty(), ExitCode::internal, "a choice among no models");
  auto const& first = candidates.front().scores;
  NestedChoice choice;
  choice.contender.name = "choice";
  choice.contender.member = candidates.front().member;
  choice.contender.scores.n_seeds = first.n_seeds;
  choice.contender.seeds = candidates.front().seeds;
  std::map<std::int64_t, std::size_t> chosen;  // by fold
  for (auto const& cluster : first.clusters) {
    if (chosen.contains(cluster.fold)) continue;
    auto const best = best_of(candidates, cluster.fold);
    chosen[cluster.fold] = best;
    choice.folds.push_back(
        {cluster.fold, candidates[best].name, validation_of(candidates[best], cluster.fold)});
  }
  std::ranges::sort(choice.folds, {}, &FoldChoice::fold);
  for (auto const& candidate : candidates) {
    require(candidate.scores.n_seeds == first.n_seeds &&
                std::ranges::equal(candidate.scores.clusters, first.clusters, {}, &ClusterScore::id,
                                   &ClusterScore::id),
            ExitCode::config, "[compare] choose: ", candidate.name, " and ",
            candidates.front().name, " differ in their numbers of seeds or in their clusters");
    if (candidate.seeds != candidates.front().seeds) choice.contender.seeds.clear();
    choice.contender.core_seconds += candidate.core_seconds;
    choice.contender.n_networks += candidate.n_networks;
  }
  for (std::size_t i = 0; i < first.clusters.size(); ++i) {
    auto const& from = candidates[chosen.at(first.clusters[i].fold)].scores;
    choice.contender.scores.clusters.push_back(from.clusters[i]);
    for (auto const& seed : from.seeds_of(i)) choice.contender.scores.seeds.push_back(seed);
  }
  return choice;
}

}  // namespace setsz
