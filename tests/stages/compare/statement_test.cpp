// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/statement.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "contenders.hpp"

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

TEST(Statement, AboutTheBenchmarkIsAboutTheRatioToIt) {
  auto model = test::a_model("half", 1, 0);
  for (auto& score : model.scores.clusters) score.loss_benchmark = 2 * score.loss;
  auto const list = judge({says("half", "benchmark", 0.49, 0.51)}, {model}, {100});
  EXPECT_NEAR(list[0]["loss_ratio"].get<double>(), 0.5, 1e-12);
  EXPECT_EQ(list[0]["verdict"], "holds");
}

}  // namespace
}  // namespace setsz
