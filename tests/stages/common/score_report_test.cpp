// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/score_report.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

/// Clusters whose ln(loss/benchmark) is normal, with Y of their gas.
ScoreTable normal_scores(std::int64_t n, double deviation, std::uint64_t seed = 1) {
  Random random(seed, Purpose::test);
  ScoreTable table;
  for (std::int64_t i = 0; i < n; ++i)
    table.clusters.push_back({.row = i,
                              .id = 100 + i,
                              .fold = i % 5,
                              .m200c = 1000 + real(i),
                              .loss = 0.8 * std::exp(deviation * random.normal()),
                              .loss_benchmark = 1,
                              .y_pred = 1,
                              .y_gas = 1,
                              .y_benchmark = 1});
  return table;
}

ScoreReportSettings const fewer{.bootstrap = {1000}};

double half_width(nlohmann::json const& interval) {
  return (interval[1].get<double>() - interval[0].get<double>()) / 2;
}

TEST(Median, OfOddAndEvenNumbers) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(median({7}), 7);
}

TEST(ConfidenceInterval, HoldsThePercentilesOfTheSamples) {
  std::vector<double> samples(1001);
  std::iota(samples.rbegin(), samples.rend(), 0.0);
  auto const [p2_5, p16, p84, p97_5] = interval_of(samples);
  EXPECT_NEAR(p2_5, 25, 1e-9);
  EXPECT_NEAR(p16, 160, 1e-9);
  EXPECT_NEAR(p84, 840, 1e-9);
  EXPECT_NEAR(p97_5, 975, 1e-9);
}

TEST(ScoreReport, TheMedianScattersByItsKnownWidth) {
  // Of n normal numbers: sqrt(pi/2n) of their deviation.
  auto const table = normal_scores(2000, 0.3);
  auto const report = score_report(table, fewer, "model");
  double const width = 0.8 * 0.3 * std::sqrt(std::numbers::pi / 2 / 2000);
  EXPECT_NEAR(report["L_opt"].get<double>(), 0.8, 3 * width);
  EXPECT_NEAR(half_width(report["L_opt_68"]) / width, 1, 0.2);
  EXPECT_NEAR(half_width(report["L_opt_95"]) / (1.96 * width), 1, 0.2);
  // And the mean: e^(s^2/2) of the median, s sqrt((e^(s^2) - 1)/s^2/n) of itself.
  double const mean = 0.8 * std::exp(0.045);
  double const mean_width = mean * std::sqrt((std::exp(0.09) - 1) / 2000);
  EXPECT_NEAR(report["mean_ratio"].get<double>(), mean, 3 * mean_width);
  EXPECT_NEAR(half_width(report["mean_ratio_68"]) / mean_width, 1, 0.1);
  EXPECT_NEAR(report["ratio_of_sums"].get<double>(), report["mean_ratio"].get<double>(), 1e-12);
  EXPECT_EQ(report["interval_holds"], "clusters");
  EXPECT_FALSE(report.contains("one_network"));
}

/// Adds networks whose loss differs from that of their mean by a factor that is the same for all
/// clusters of a fold.
void add_seeds(ScoreTable& table, std::int64_t n_seeds, double deviation) {
  table.n_seeds = n_seeds;
  std::vector<std::vector<double>> shift(5);
  for (std::uint64_t fold = 0; fold < 5; ++fold) {
    Random random(9, Purpose::test, fold);
    double mean = 0, square = 0;
    for (std::int64_t s = 0; s < n_seeds; ++s) shift[fold].push_back(random.normal());
    for (double const x : shift[fold]) mean += x / real(n_seeds);
    for (double& x : shift[fold]) x -= mean;
    for (double const x : shift[fold]) square += x * x / real(n_seeds - 1);
    for (double& x : shift[fold]) x *= deviation / std::sqrt(square);  // exactly
  }
  for (auto const& score : table.clusters)
    for (double const x : shift[score.fold])
      table.seeds.push_back({.loss = score.loss * std::exp(x),
                             .shared = score.loss * (1 + x),
                             .y_pred = score.y_pred * (1 + x)});
}

TEST(ScoreReport, TheIntervalOfAMeanHoldsItsSeeds) {
  // Clusters alike: all noise is that of five folds with eight networks each, so that L_opt is a
  // median of five numbers with the deviation 2 x 0.05/sqrt(8).
  auto table = normal_scores(1000, 0);
  for (auto& score : table.clusters) score.fold = 0;
  add_seeds(table, 8, 0.05);
  auto const report = score_report(table, fewer, "model");
  double const expected = 2 * 0.05 / std::sqrt(8.0);
  EXPECT_NEAR(half_width(report["L_opt_68"]) / (0.8 * expected), 1, 0.12);
  EXPECT_NEAR(half_width(report["L_opt_95"]) / (1.96 * 0.8 * expected), 1, 0.12);
  EXPECT_NEAR(report["L_opt"].get<double>(), 0.8, 1e-12);
  EXPECT_EQ(report["interval_holds"], "clusters and training seeds");
  // Y is linear in the networks: half of that.
  EXPECT_NEAR(half_width(report["y"]["sum_pred_over_gas_68"]) / (expected / 2), 1, 0.12);
}

TEST(ScoreReport, OneNetworkScattersLikeTheNetworks) {
  auto table = normal_scores(500, 0);
  for (auto& score : table.clusters) score.fold = 0;
  add_seeds(table, 40, 0.1);
  auto const one = score_report(table, fewer, "model")["one_network"];
  EXPECT_EQ(one["L_opt_of_seeds"].size(), 40U);
  EXPECT_NEAR(one["L_opt"].get<double>() / (0.8 * std::exp(0.005)), 1, 0.002);
  EXPECT_NEAR(half_width(one["L_opt_68"]) / 0.08, 1, 0.25);
  for (auto const& seed : one["L_opt_of_seeds"]) {
    EXPECT_GE(seed, 0.8 * std::exp(-0.4));
    EXPECT_LE(seed, 0.8 * std::exp(0.4));
  }
}

TEST(ScoreReport, NetworksOfDifferentFoldsVaryByThemselves) {
  // The mean over five folds of independent networks: sqrt(5) narrower than one fold's.
  auto table = normal_scores(1000, 0);
  add_seeds(table, 8, 0.05);
  auto const report = score_report(table, fewer, "model");
  EXPECT_NEAR(half_width(report["mean_ratio_68"]) / (0.8 * 2 * 0.05 / std::sqrt(8.0 * 5)), 1, 0.15);
}

TEST(Resampler, PairsClustersAndNotSeeds) {
  auto table = normal_scores(50, 0.3);
  add_seeds(table, 3, 0.1);
  Resampler const a(table, Quoted::mean_of_networks, 7, "a"),
      again(table, Quoted::mean_of_networks, 7, "a"), b(table, Quoted::mean_of_networks, 7, "b");
  int other_losses = 0;
  for (int i = 0; i < 20; ++i) {
    auto const of_a = a.draw(i), of_b = b.draw(i), of_a_again = again.draw(i);
    for (std::size_t c = 0; c < of_a.size(); ++c) {
      EXPECT_EQ(of_a[c].id, of_b[c].id);
      EXPECT_EQ(of_a[c].loss, of_a_again[c].loss);
      other_losses += of_a[c].loss != of_b[c].loss;
    }
  }
  EXPECT_GT(other_losses, 500);
}

TEST(ScoreReport, HoldsMedianMeanSumsAndBins) {
  ScoreTable table;
  for (int i = 0; i < 9; ++i)
    table.clusters.push_back({.row = i,
                              .id = 100 + i,
                              .fold = i % 3,
                              .m200c = 1000.0 * (i + 1),
                              .loss = 0.1 * (i + 1),
                              .loss_benchmark = i < 8 ? 1.0 : 2.0,
                              .y_pred = i < 6 ? 2.2 : 4.4,
                              .y_gas = i < 3 ? 2.0 : 4.0,
                              .y_benchmark = 1});
  auto const report = score_report(table, {.bootstrap = {200}}, "model");
  EXPECT_EQ(report["n_clusters"], 9);
  EXPECT_NEAR(report["L_opt"].get<double>(), 0.45, 1e-12);  // 0.1 ... 0.8, and 0.45
  EXPECT_NEAR(report["mean_ratio"].get<double>(), (3.6 + 0.45) / 9, 1e-12);
  EXPECT_NEAR(report["ratio_of_sums"].get<double>(), 4.5 / 10, 1e-12);
  EXPECT_NEAR(report["y"]["sum_pred_over_gas"].get<double>(), 26.4 / 30, 1e-12);
  EXPECT_NEAR(report["y"]["mean_pred_over_gas"].get<double>(), (1.1 + 0.55 + 1.1) / 3, 1e-12);
  ASSERT_EQ(report["mass_bins"].size(), 3U);
  EXPECT_NEAR(report["mass_bins"][1]["median_ratio"].get<double>(), 0.5, 1e-12);
  EXPECT_NEAR(report["mass_bins"][1]["y"]["sum_pred_over_gas"].get<double>(), 0.55, 1e-12);
  EXPECT_NEAR(report["mass_bins"][1]["y"]["scatter_ln_pred"].get<double>(), 0, 1e-7);
  for (auto const* key : {"L_opt", "mean_ratio", "ratio_of_sums"}) {
    auto const narrow = report[concat(key, "_68")], wide = report[concat(key, "_95")];
    EXPECT_LE(wide[0], narrow[0]);
    EXPECT_LE(narrow[0], report[key]);
    EXPECT_GE(narrow[1], report[key]);
    EXPECT_GE(wide[1], narrow[1]);
  }
  EXPECT_FALSE(report["flux_corrected"].get<bool>());
  EXPECT_THROW(score_report({}, {}, "model"), Error);
}

TEST(ScoreReport, ShowsWhatTheFluxCorrectionDoes) {
  auto table = normal_scores(30, 0.2);
  for (auto& score : table.clusters) {
    score.flux_factor = score.y_pred = 1.25;
    score.loss_uncorrected = 0.9 * score.loss;
  }
  auto const report = score_report(table, {.bootstrap = {50}}, "model");
  EXPECT_TRUE(report["flux_corrected"].get<bool>());
  auto const& without = report["without_flux_correction"];
  EXPECT_NEAR(without["L_opt"].get<double>(), 0.9 * report["L_opt"].get<double>(), 1e-12);
  EXPECT_NEAR(report["y"]["sum_pred_over_gas"].get<double>(), 1.25, 1e-12);
  EXPECT_NEAR(without["y"]["sum_pred_over_gas"].get<double>(), 1, 1e-12);
  EXPECT_NEAR(without["mass_bins"][2]["y"]["mean_pred_over_gas"].get<double>(), 1, 1e-12);
}

TEST(ClusterScores, ComeBackFromTheirList) {
  auto table = normal_scores(4, 0.2);
  for (auto& score : table.clusters) score.flux_factor = 1.1, score.n_voxels = 8784;
  add_seeds(table, 3, 0.1);
  auto const back = clusters_from_json(clusters_to_json(table));
  ASSERT_EQ(back.clusters.size(), 4U);
  EXPECT_EQ(back.n_seeds, 3);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(back.clusters[i].id, table.clusters[i].id);
    EXPECT_EQ(back.clusters[i].loss, table.clusters[i].loss);
    EXPECT_EQ(back.clusters[i].n_voxels, 8784);
    EXPECT_EQ(back.clusters[i].flux_factor, 1.1);
    for (std::size_t s = 0; s < 3; ++s)
      EXPECT_EQ(back.seeds_of(i)[s].shared, table.seeds_of(i)[s].shared);
  }
  auto old = clusters_to_json(normal_scores(2, 0.1));
  for (auto& entry : old)
    for (auto const* key : {"voxels", "flux_factor", "loss_without_flux_correction"})
      entry.erase(key);
  EXPECT_EQ(clusters_from_json(old).clusters[1].loss_uncorrected, old[1]["loss"]);
  EXPECT_EQ(clusters_from_json(old).clusters[1].flux_factor, 1);
}

}  // namespace
}  // namespace setsz
