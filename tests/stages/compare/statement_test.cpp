// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/statement.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "contenders.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

TEST(Statement, HoldsWithinItsBoundsFailsOutsideAndElseCannotBeTold) {
  EXPECT_EQ(verdict_on(0.4, 0.6, 0.45, 0.55), Verdict::holds);
  EXPECT_EQ(verdict_on(0.4, 0.6, 0.7, 0.8), Verdict::fails);
  EXPECT_EQ(verdict_on(0.4, 0.6, 0.2, 0.3), Verdict::fails);
  EXPECT_EQ(verdict_on(0.4, 0.6, 0.5, 0.7), Verdict::undecided);
  EXPECT_EQ(verdict_on(0.4, 0.6, 0.3, 0.7), Verdict::undecided);
  EXPECT_EQ(verdict_on(0, 1, 0.3, 0.7), Verdict::holds);
}

Statement says(std::string const& model, std::string const& than, double above, double below) {
  return {.name = "one",
          .text = "",
          .source = "",
          .model = model,
          .loss = StatedLoss::mean,
          .than = than,
          .above = above,
          .below = below};
}

TEST(Statement, IsJudgedByThePairedRatioOfTheLosses) {
  // Clusters differ by a factor e in difficulty: unpaired medians could not tell 0.8 from 1.
  std::vector<Contender> const models{test::a_model("plain", 1, 0.1),
                                      test::a_model("better", 0.8, 0.1)};
  auto const list = judge({says("better", "plain", 0, 1), says("better", "plain", 0, 0.5),
                           says("plain", "better", 1.2, 1.3), says("lost", "plain", 0, 1)},
                          models, {500});
  ASSERT_EQ(list.size(), 4U);
  EXPECT_NEAR(list[0]["loss_ratio"].get<double>(), 0.8, 0.04);
  EXPECT_EQ(list[0]["verdict"], "holds");
  EXPECT_EQ(list[1]["verdict"], "fails");
  EXPECT_EQ(list[2]["verdict"], "holds");
  EXPECT_NEAR(list[2]["loss_ratio"].get<double>() * list[0]["loss_ratio"].get<double>(), 1, 1e-12);
  EXPECT_EQ(list[3]["verdict"], "not judged: a model is missing");
  EXPECT_FALSE(list[3].contains("loss_ratio"));
}

/// The same model with samples.
Contender with_samples(Contender model, double sampled, double reconstructed) {
  for (auto const& score : model.scores.clusters)
    model.samples[score.id] = {sampled * score.loss, reconstructed * score.loss};
  return model;
}

TEST(Statement, MayBeAboutSingleSamplesOrReconstructions) {
  auto drawn = with_samples(test::a_model("drawn", 1, 0), 1.3, 0.9);
  auto plain = test::a_model("plain", 1, 0);
  auto sampled = says("drawn", "plain", 0.85, 1.15), reconstructed = sampled, mean = sampled;
  sampled.loss = StatedLoss::sampled, reconstructed.loss = StatedLoss::reconstructed;
  auto list = judge({mean, sampled, reconstructed}, {drawn, plain}, {50});
  EXPECT_NEAR(list[0]["loss_ratio"].get<double>(), 1, 1e-12);
  EXPECT_NEAR(list[1]["loss_ratio"].get<double>(), 1.3, 1e-12);
  EXPECT_EQ(list[1]["verdict"], "fails");
  EXPECT_EQ(list[1]["networks"], "single samples");
  EXPECT_NEAR(list[2]["loss_ratio"].get<double>(), 0.9, 1e-12);
  // Of three networks each: samples are of single ones, the reconstruction is the mean of theirs.
  test::add_networks(drawn, {3, 3, 3}), test::add_networks(plain, {3, 3, 3});
  list = judge({mean, sampled, reconstructed}, {drawn, plain}, {50});
  EXPECT_NEAR(list[1]["loss_ratio"].get<double>(), 1.3 / 3, 1e-12);
  EXPECT_NEAR(list[2]["loss_ratio"].get<double>(), 0.9, 1e-12);
  EXPECT_EQ(list[2]["networks"], "means of 3");
  sampled.model = "plain";
  EXPECT_THROW(judge({sampled}, {drawn, plain}, {50}), Error) << "it has no samples";
}

TEST(Statement, OfDifferentNumbersOfNetworksIsAboutSingleOnes) {
  auto mean = test::a_model("mean", 0.5, 0);  // of two networks as good as the other model's one
  test::add_networks(mean, {2, 2});
  std::vector<Contender> const models{mean, test::a_model("one", 1, 0)};
  auto const list = judge({says("mean", "one", 0, 0.9)}, models, {50});
  EXPECT_NEAR(list[0]["loss_ratio"].get<double>(), 1, 1e-12);
  EXPECT_EQ(list[0]["verdict"], "fails");
  EXPECT_EQ(list[0]["networks"], "of seed 1 alone");
  EXPECT_EQ(list[0]["of_seeds"].dump(), "[1]");
}

TEST(Statement, AboutTheBenchmarkIsAboutTheRatioToIt) {
  auto model = test::a_model("half", 1, 0);
  for (auto& score : model.scores.clusters) score.loss_benchmark = 2 * score.loss;
  auto const list = judge({says("half", "benchmark", 0.49, 0.51)}, {model}, {100});
  EXPECT_NEAR(list[0]["loss_ratio"].get<double>(), 0.5, 1e-12);
  EXPECT_EQ(list[0]["verdict"], "holds");
}

TEST(Statement, AboutTheBenchmarkIsAboutAllClustersOfTheModel) {
  auto const few = test::a_model("few", 1, 0, 1, 20), many = test::a_model("many", 1, 0);
  auto const list =
      judge({says("many", "benchmark", 0, 9), says("benchmark", "many", 0, 9)}, {few, many}, {50});
  EXPECT_EQ(list[0]["clusters"], 141);
  EXPECT_EQ(list[1]["clusters"], 141);
}

}  // namespace
}  // namespace setsz
