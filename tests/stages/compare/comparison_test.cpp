// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/comparison.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "contenders.hpp"

namespace setsz {
namespace {

using test::a_model;

TEST(Comparison, HasARowForEachModelAndAllPairs) {
  std::vector<Contender> models{a_model("plain", 1, 0.1), a_model("better", 0.7, 0.1),
                                a_model("equal", 1, 0.1)};
  test::add_networks(models[1], {1.01, 0.99});
  models[1].n_networks = 10;
  models[1].core_seconds = 250;
  auto const results = compare_models(models, {.settings_tried = "12 on inner folds"});
  ASSERT_EQ(results["models"].size(), 3U);
  EXPECT_EQ(results["models"][1]["model"], "better");
  EXPECT_EQ(results["models"][1]["core_seconds"]["per_network"], 25);
  EXPECT_TRUE(results["models"][0]["core_seconds"]["per_network"].is_null());
  EXPECT_TRUE(results["models"][1].contains("one_network"));
  EXPECT_EQ(results["settings_tried"], "12 on inner folds");
  EXPECT_EQ(results["reference"], "plain");

  auto const& pairs = results["pairs"];
  EXPECT_EQ(pairs["models"], (std::vector<std::string>{"plain", "better", "equal"}));
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b) {
      double const forward = pairs["median_ln_loss_ratio"][a][b].get<double>();
      EXPECT_EQ(forward, -pairs["median_ln_loss_ratio"][b][a].get<double>());
      EXPECT_EQ(pairs["low_95"][a][b].get<double>(), -pairs["high_95"][b][a].get<double>());
      EXPECT_EQ(pairs["significant"][a][b].get<bool>(), (a == 1) != (b == 1));
    }
  auto const& against = results["against_reference"];
  ASSERT_EQ(against.size(), 2U);
  EXPECT_EQ(against[0]["model"], "better");
  EXPECT_EQ(against[0]["verdict"], "significantly better");
  EXPECT_NEAR(against[0]["median_ln_loss_ratio"].get<double>(), std::log(0.7), 0.05);
  EXPECT_EQ(against[1]["verdict"], "no significant difference");
}

TEST(Comparison, TellsWhereTheProfileFitsWellAndWhereBadly) {
  // Helps by half where the benchmark's loss is 2, and not where it is 1.
  auto model = a_model("model", 1, 0);
  for (std::size_t i = 0; i < model.scores.clusters.size(); ++i) {
    auto& score = model.scores.clusters[i];
    score.loss_benchmark = i % 3 == 0 ? 2 + 0.001 * real(i) : 1 + 0.001 * real(i);
    score.loss = (i % 3 == 0 ? 0.5 : 1) * score.loss_benchmark;
  }
  auto const bins = compare_models(
      {model}, {.scores = {.bootstrap = {200}, .mass_bins = 3}})["models"][0]["loss_bins"];
  ASSERT_EQ(bins.size(), 3U);
  EXPECT_DOUBLE_EQ(bins[0]["median_ratio"].get<double>(), 1);
  EXPECT_DOUBLE_EQ(bins[1]["median_ratio"].get<double>(), 1);
  EXPECT_DOUBLE_EQ(bins[2]["median_ratio"].get<double>(), 0.5);
  EXPECT_EQ(bins[2]["clusters"], 47);
  EXPECT_DOUBLE_EQ(bins[2]["benchmark_low"].get<double>(), 2);
}

TEST(Comparison, AnotherReferenceTurnsTheVerdict) {
  std::vector<Contender> const models{a_model("plain", 1, 0.1), a_model("better", 0.7, 0.1)};
  auto const results = compare_models(models, {.reference = 1});
  EXPECT_EQ(results["reference"], "better");
  ASSERT_EQ(results["against_reference"].size(), 1U);
  EXPECT_EQ(results["against_reference"][0]["verdict"], "significantly worse");
  EXPECT_TRUE(results["settings_tried"].is_null());
}

TEST(Comparison, WorksWithOneModel) {
  auto const results = compare_models({a_model("alone", 0.9, 0.1)}, {});
  EXPECT_EQ(results["models"].size(), 1U);
  EXPECT_TRUE(results["against_reference"].empty());
  EXPECT_EQ(results["pairs"]["median_ln_loss_ratio"].dump(), "[[0.0]]");
}

TEST(Comparison, AModelOfAnotherRunIsDividedByTheSameBenchmark) {
  auto const here = a_model("plain", 1, 0.1);
  auto other = a_model("old", 0.8, 0);
  for (auto& score : other.scores.clusters) score.loss_benchmark = 3;
  test::add_networks(other, {1, 1});
  auto const loss = other.scores.clusters[8].loss;
  other.scores.clusters[2].id = 1;  // one that this run has not
  EXPECT_EQ(take_benchmark(other, here), 1);
  ASSERT_EQ(other.scores.clusters.size(), 140U);
  EXPECT_EQ(other.scores.seeds.size(), 280U);
  EXPECT_EQ(other.scores.clusters[7].loss, loss);
  for (auto const& score : other.scores.clusters) EXPECT_EQ(score.loss_benchmark, 1);
}

TEST(Comparison, SamplesOfAModelOfAnotherRunAreDividedByTheSameBenchmark) {
  auto const here = a_model("plain", 1, 0.1);
  auto other = a_model("old", 0.8, 0);
  for (auto& score : other.scores.clusters) {
    score.loss = 2, score.loss_benchmark = 4;
    other.samples[score.id] = {.sampled = 3, .reconstructed = 1};
  }
  other.sample_figures["L_opt"]["sampled"]["value"] = 0.75;  // over a benchmark of 4
  take_benchmark(other, here);
  renew_sample_losses(other, {50});
  auto const& its = other.sample_figures["L_opt"];
  EXPECT_DOUBLE_EQ(its["sampled"]["value"].get<double>(), 3);
  EXPECT_DOUBLE_EQ(its["sampled"]["interval_68"][1].get<double>(), 3);
  EXPECT_DOUBLE_EQ(its["reconstructed"]["value"].get<double>(), 1);
  EXPECT_DOUBLE_EQ(its["mean_of_samples"]["value"].get<double>(), 2);
  auto without = a_model("none", 1, 0);
  renew_sample_losses(without, {50});
  EXPECT_TRUE(without.sample_figures.is_null());
}

}  // namespace
}  // namespace setsz
