// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/comparison.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"
#include "stages/common/equal_bins.hpp"

namespace setsz {
namespace {

using nlohmann::json;

/// Where the profile fits well, and where badly: the figures of clusters with similar losses of it.
json loss_bins(Contender const& contender, ScoreReportSettings settings) {
  std::vector<double> benchmark;
  for (auto const& score : contender.scores.clusters) benchmark.push_back(score.loss_benchmark);
  auto list = json::array();
  for (auto const& bin : equal_bins(benchmark, settings.mass_bins)) {
    settings.mass_bins = 1;
    auto const its = score_report(contender.scores.subset(bin.members), settings, contender.name);
    list.push_back({{"benchmark_low", bin.low},
                    {"benchmark_high", bin.high},
                    {"clusters", bin.members.size()},
                    {"median_ratio", its["L_opt"]},
                    {"median_ratio_68", its["L_opt_68"]}});
  }
  return list;
}

json row_of(Contender const& contender, ScoreReportSettings const& settings) {
  auto row = score_report(contender.scores, settings, contender.name);
  row["model"] = contender.name;
  row["member"] = contender.member;
  if (!contender.high_k_power.is_null()) row["high_k_power_ratio"] = contender.high_k_power;
  if (!contender.sample_figures.is_null()) row["samples"] = contender.sample_figures;
  row["loss_bins"] = loss_bins(contender, settings);
  row["core_seconds"] = {{"networks", contender.n_networks}, {"total", contender.core_seconds}};
  row["core_seconds"]["per_network"] =
      contender.n_networks > 0 ? json(contender.core_seconds / real(contender.n_networks)) : json();
  return row;
}

std::string_view in_words(PairedDifference const& difference) {
  if (!difference.significant()) return "no significant difference";
  return difference.median < 0 ? "significantly better" : "significantly worse";
}

/// Null: means of all networks.
json seeds_or_null(PairedDifference const& difference) {
  return difference.of_seeds.empty() ? json() : json(difference.of_seeds);
}

json difference_report(PairedDifference const& difference) {
  auto const& [p2_5, p16, p84, p97_5] = difference.interval;
  return {{"clusters", difference.n_clusters},       {"median_ln_loss_ratio", difference.median},
          {"median_ln_loss_ratio_68", {p16, p84}},   {"median_ln_loss_ratio_95", {p2_5, p97_5}},
          {"significant", difference.significant()}, {"verdict", in_words(difference)},
          {"of_seeds", seeds_or_null(difference)}};
}

/// Paired differences of every model (row) from every other (column).
json matrices(std::vector<std::vector<PairedDifference>> const& differences) {
  auto const matrix = [&](auto const& value) {
    auto rows = json::array();
    for (auto const& row : differences) {
      auto& list = rows.emplace_back(json::array());
      for (auto const& difference : row) list.push_back(value(difference));
    }
    return rows;
  };
  return {{"median_ln_loss_ratio", matrix([](auto const& d) { return d.median; })},
          {"low_95", matrix([](auto const& d) { return d.interval.p2_5; })},
          {"high_95", matrix([](auto const& d) { return d.interval.p97_5; })},
          {"significant", matrix([](auto const& d) { return d.significant(); })},
          {"of_seeds", matrix(seeds_or_null)}};
}

PairedDifference reversed(PairedDifference const& d) {
  auto const& i = d.interval;
  return {d.n_clusters, -d.median, {-i.p97_5, -i.p84, -i.p16, -i.p2_5}, d.of_seeds};
}

std::vector<std::vector<PairedDifference>> all_pairs(std::vector<Contender> const& contenders,
                                                     BootstrapSettings const& settings) {
  auto const n = contenders.size();
  std::vector<std::vector<PairedDifference>> differences(n, std::vector<PairedDifference>(n));
  for (std::size_t a = 0; a < n; ++a) {
    differences[a][a].n_clusters = std::ssize(contenders[a].scores.clusters);
    for (std::size_t b = a + 1; b < n; ++b) {
      differences[a][b] = paired_difference(contenders[a], contenders[b], settings);
      differences[b][a] = reversed(differences[a][b]);
    }
  }
  return differences;
}

}  // namespace

json compare_models(std::vector<Contender> const& contenders, ComparisonSettings const& settings) {
  json report;
  auto& models = report["models"] = json::array();
  for (auto const& contender : contenders) models.push_back(row_of(contender, settings.scores));
  auto const differences = all_pairs(contenders, settings.scores.bootstrap);
  report["pairs"] = matrices(differences);
  auto& names = report["pairs"]["models"] = json::array();
  for (auto const& contender : contenders) names.push_back(contender.name);
  report["reference"] = contenders[settings.reference].name;
  auto& against = report["against_reference"] = json::array();
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    if (i == settings.reference) continue;
    auto const& difference = differences[i][settings.reference];
    auto entry = difference_report(difference);
    entry["model"] = contenders[i].name;
    entry["networks"] =
        networks_in_words(contenders[i], contenders[settings.reference], difference.of_seeds);
    against.push_back(std::move(entry));
  }
  report["resamples"] = settings.scores.bootstrap.resamples;
  report["settings_tried"] =
      settings.settings_tried.empty() ? json() : json(settings.settings_tried);
  return report;
}

std::int64_t take_benchmark(Contender& contender, Contender const& from) {
  auto const before = std::ssize(contender.scores.clusters);
  auto const common = common_clusters(contender.scores, from.scores);
  contender.scores = contender.scores.subset(common.in_a);
  for (std::size_t i = 0; i < common.in_b.size(); ++i) {
    auto const& its = from.scores.clusters[common.in_b[i]];
    contender.scores.clusters[i].loss_benchmark = its.loss_benchmark;
    contender.scores.clusters[i].y_benchmark = its.y_benchmark;
  }
  return before - std::ssize(contender.scores.clusters);
}

void renew_sample_losses(Contender& contender, BootstrapSettings const& settings) {
  if (contender.sample_figures.is_null()) return;
  auto const ratio = [&](auto const& loss) -> json {
    ScoreTable table;
    table.clusters = contender.scores.clusters;
    for (auto& score : table.clusters) score.loss = loss(score);
    auto const report = score_report(table, {settings, 1}, contender.name);
    return {{"value", report["L_opt"]},
            {"interval_68", report["L_opt_68"]},
            {"interval_95", report["L_opt_95"]}};
  };
  auto const samples_of = [&](ClusterScore const& score) { return contender.samples.at(score.id); };
  contender.sample_figures["L_opt"] = {
      {"mean_of_samples", ratio([](auto const& score) { return score.loss; })},
      {"sampled", ratio([&](auto const& score) { return samples_of(score).sampled; })},
      {"reconstructed", ratio([&](auto const& score) { return samples_of(score).reconstructed; })}};
}

}  // namespace setsz
