// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/cluster_score.hpp"

#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

using nlohmann::json;

json seeds_to_json(std::span<SeedScore const> seeds, double SeedScore::*member) {
  auto list = json::array();
  for (auto const& seed : seeds) list.push_back(seed.*member);
  return list;
}

std::vector<SeedScore> seeds_from_json(json const& entry) {
  if (!entry.contains("seeds")) return {};
  auto const& lists = entry.at("seeds");
  std::vector<SeedScore> seeds(lists.at("loss").size());
  for (std::size_t i = 0; i < seeds.size(); ++i)
    seeds[i] = {.loss = lists.at("loss").at(i).get<double>(),
                .shared = lists.at("shared_loss").at(i).get<double>(),
                .y_pred = lists.at("y_pred").at(i).get<double>()};
  return seeds;
}

}  // namespace

ScoreTable ScoreTable::subset(std::span<std::size_t const> members) const {
  ScoreTable some;
  some.n_seeds = n_seeds;
  for (auto const i : members) {
    some.clusters.push_back(clusters[i]);
    auto const its = seeds_of(i);
    some.seeds.insert(some.seeds.end(), its.begin(), its.end());
  }
  return some;
}

json cluster_to_json(ScoreTable const& table, std::size_t cluster) {
  auto const& score = table.clusters[cluster];
  json entry = {{"cluster", score.row},
                {"id", score.id},
                {"m200c", score.m200c},
                {"fold", score.fold},
                {"voxels", score.n_voxels},
                {"loss", score.loss},
                {"loss_benchmark", score.loss_benchmark},
                {"ratio", score.ratio()},
                {"y_pred", score.y_pred},
                {"y_gas", score.y_gas},
                {"y_benchmark", score.y_benchmark},
                {"flux_factor", score.flux_factor},
                {"loss_without_flux_correction", score.loss_uncorrected},
                {"mass_disagrees", score.mass_disagrees}};
  if (table.n_seeds > 0) {
    auto const seeds = table.seeds_of(cluster);
    entry["seeds"] = {{"loss", seeds_to_json(seeds, &SeedScore::loss)},
                      {"shared_loss", seeds_to_json(seeds, &SeedScore::shared)},
                      {"y_pred", seeds_to_json(seeds, &SeedScore::y_pred)}};
  }
  return entry;
}

json clusters_to_json(ScoreTable const& table) {
  auto list = json::array();
  for (std::size_t i = 0; i < table.clusters.size(); ++i) list.push_back(cluster_to_json(table, i));
  return list;
}

ScoreTable clusters_from_json(json const& list) {
  ScoreTable table;
  for (auto const& entry : list) {
    auto& score = table.clusters.emplace_back();
    entry.at("cluster").get_to(score.row);
    entry.at("id").get_to(score.id);
    entry.at("fold").get_to(score.fold);
    entry.at("m200c").get_to(score.m200c);
    entry.at("loss").get_to(score.loss);
    entry.at("loss_benchmark").get_to(score.loss_benchmark);
    entry.at("y_pred").get_to(score.y_pred);
    entry.at("y_gas").get_to(score.y_gas);
    entry.at("y_benchmark").get_to(score.y_benchmark);
    score.n_voxels = entry.value("voxels", std::int64_t{0});
    score.flux_factor = entry.value("flux_factor", 1.0);
    score.loss_uncorrected = entry.value("loss_without_flux_correction", score.loss);
    score.mass_disagrees = entry.value("mass_disagrees", false);
    auto const seeds = seeds_from_json(entry);
    if (table.clusters.size() == 1) table.n_seeds = std::ssize(seeds);
    require(std::ssize(seeds) == table.n_seeds, ExitCode::bad_data, "cluster ", score.id, " has ",
            seeds.size(), " seeds, the first one ", table.n_seeds);
    table.seeds.insert(table.seeds.end(), seeds.begin(), seeds.end());
  }
  return table;
}

}  // namespace setsz
