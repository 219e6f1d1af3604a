// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/paired.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

double median_difference(std::vector<ClusterScore> const& a, std::vector<ClusterScore> const& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(std::log(a[i].loss / b[i].loss));
  return median(std::move(differences));
}

/// The seeds that both models have, as places among those of each, and by their numbers.
struct CommonSeeds {
  std::vector<std::size_t> in_a, in_b;
  std::vector<std::int64_t> seeds;
};
CommonSeeds common_seeds(Contender const& a, Contender const& b) {
  CommonSeeds common;
  for (std::size_t i = 0; i < a.seeds.size(); ++i) {
    auto const found = std::ranges::find(b.seeds, a.seeds[i]);
    if (found == b.seeds.end()) continue;
    common.in_a.push_back(i);
    common.in_b.push_back(static_cast<std::size_t>(found - b.seeds.begin()));
    common.seeds.push_back(a.seeds[i]);
  }
  return common;
}

}  // namespace

ScoreTable single_networks(ScoreTable const& table, std::span<std::size_t const> places) {
  if (table.n_seeds == 0) return table;
  ScoreTable result;
  result.clusters = table.clusters;
  result.n_seeds = places.size() > 1 ? std::ssize(places) : 0;
  for (std::size_t i = 0; i < table.clusters.size(); ++i) {
    auto& cluster = result.clusters[i];
    cluster.loss = cluster.y_pred = 0;
    for (auto const place : places) {
      auto const& its = table.seeds_of(i)[place];
      cluster.loss += its.loss / real(places.size());
      cluster.y_pred += its.y_pred / real(places.size());
      // Half of its loss: then 2 x shared is the derivative of the mean loss, as Resampler wants
      // it.
      if (result.n_seeds > 0) result.seeds.push_back({its.loss, its.loss / 2, its.y_pred});
    }
  }
  return result;
}

std::string networks_in_words(Contender const& a, Contender const& b,
                              std::vector<std::int64_t> const& of_seeds) {
  if (of_seeds.size() == 1) return concat("of seed ", of_seeds.front(), " alone");
  if (!of_seeds.empty()) {
    std::string list;
    for (auto const seed : of_seeds) list += concat(list.empty() ? "" : ", ", seed);
    return concat("single ones of seeds ", list);
  }
  auto const of = [](Contender const& its) {
    return its.n_in_mean() > 1 ? concat("mean of ", its.n_in_mean()) : std::string("1");
  };
  if (b.member == "fit") return of(a);
  if (a.n_in_mean() != b.n_in_mean()) return concat(of(a), " against ", of(b));
  return a.n_in_mean() > 1 ? concat("means of ", a.n_in_mean()) : "1";
}

CommonClusters common_clusters(ScoreTable const& a, ScoreTable const& b) {
  std::map<std::int64_t, std::size_t> place_in_b;
  for (std::size_t i = 0; i < b.clusters.size(); ++i) place_in_b[b.clusters[i].id] = i;
  CommonClusters common;
  for (std::size_t i = 0; i < a.clusters.size(); ++i) {
    auto const found = place_in_b.find(a.clusters[i].id);
    if (found == place_in_b.end()) continue;
    common.in_a.push_back(i);
    common.in_b.push_back(found->second);
  }
  return common;
}

void require_same_voxels(Contender const& a, Contender const& b) {
  constexpr double rounding = 1e-6;
  auto const common = common_clusters(a.scores, b.scores);
  require(!common.in_a.empty(), ExitCode::bad_data, "'", a.name, "' and '", b.name,
          "' have no cluster in common; compare models of the same snapshot and catalogue");
  for (std::size_t i = 0; i < common.in_a.size(); ++i) {
    auto const& of_a = a.scores.clusters[common.in_a[i]];
    auto const& of_b = b.scores.clusters[common.in_b[i]];
    bool const known = of_a.n_voxels > 0 && of_b.n_voxels > 0;
    bool const same = (!known || of_a.n_voxels == of_b.n_voxels) &&
                      std::abs(of_a.y_gas - of_b.y_gas) <= rounding * std::abs(of_a.y_gas);
    require(same, ExitCode::bad_data, "cluster ", of_a.id, " was scored on other voxels: '", a.name,
            "' has ", of_a.n_voxels, " with Y = ", of_a.y_gas, " (kpc/h)^2 of the gas, '", b.name,
            "' ", of_b.n_voxels, " with ", of_b.y_gas,
            "; compare runs with the same [voxelize] options");
  }
}

PairedDifference paired_difference(Contender const& a, Contender const& b,
                                   BootstrapSettings const& settings) {
  require_same_voxels(a, b);
  auto const common = common_clusters(a.scores, b.scores);
  auto of_a = a.scores.subset(common.in_a), of_b = b.scores.subset(common.in_b);
  CommonSeeds seeds;
  if (a.n_in_mean() != b.n_in_mean()) seeds = common_seeds(a, b);
  if (!seeds.seeds.empty()) {
    of_a = single_networks(of_a, seeds.in_a);
    of_b = single_networks(of_b, seeds.in_b);
  }
  Resampler const from_a(of_a, Quoted::mean_of_networks, settings.seed, a.name),
      from_b(of_b, Quoted::mean_of_networks, settings.seed, b.name);
  std::vector<double> samples;
  for (std::int64_t i = 0; i < settings.resamples; ++i)
    samples.push_back(median_difference(from_a.draw(i), from_b.draw(i)));
  return {.n_clusters = std::ssize(of_a.clusters),
          .median = median_difference(of_a.clusters, of_b.clusters),
          .interval = interval_of(std::move(samples)),
          .of_seeds = seeds.seeds};
}

}  // namespace setsz
