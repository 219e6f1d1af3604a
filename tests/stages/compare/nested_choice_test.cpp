// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/nested_choice.hpp"

#include <gtest/gtest.h>

#include "contenders.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

Contender candidate(std::string const& name, double factor, std::vector<double> const& validation) {
  auto model = test::a_model(name, factor, 0.1);
  test::add_networks(model, {1, 1.1});
  for (std::size_t fold = 0; fold < validation.size(); ++fold)
    model.validation[static_cast<std::int64_t>(fold)] = {validation[fold] - 0.01,
                                                         validation[fold] + 0.01};
  return model;
}

TEST(NestedChoice, TakesInEachFoldTheBestValidationWhateverTheTestScoresAre) {
  std::vector const candidates{candidate("a", 0.5, {0.7, 0.9, 0.7, 0.9, 0.7}),
                               candidate("b", 0.8, {0.8, 0.8, 0.8, 0.8, 0.8})};
  auto const choice = choose_by_validation(candidates);
  ASSERT_EQ(choice.folds.size(), 5U);
  auto const& scores = choice.contender.scores;
  ASSERT_EQ(scores.clusters.size(), candidates[0].scores.clusters.size());
  for (std::size_t i = 0; i < scores.clusters.size(); ++i) {
    auto const fold = scores.clusters[i].fold;
    auto const& from = candidates[fold % 2 == 0 ? 0 : 1].scores;
    EXPECT_EQ(scores.clusters[i].loss, from.clusters[i].loss);
    EXPECT_EQ(scores.seeds_of(i)[1].loss, from.seeds_of(i)[1].loss);
  }
  EXPECT_EQ(choice.folds[1].model, "b");
  EXPECT_DOUBLE_EQ(choice.folds[1].validation, 0.8);
}

TEST(NestedChoice, RefusesCandidatesWithoutValidationAndOfOtherSizes) {
  std::vector candidates{candidate("a", 0.5, {0.7, 0.9, 0.7, 0.9, 0.7}),
                         candidate("b", 0.8, {0.8, 0.8})};
  EXPECT_THROW(choose_by_validation(candidates), Error);
  candidates[1] = candidate("b", 0.8, {0.8, 0.8, 0.8, 0.8, 0.8});
  candidates[1].scores.clusters[7].id = 1;
  EXPECT_THROW(choose_by_validation(candidates), Error) << "as many, but others";
  test::add_networks(candidates[1], {1, 1.1, 1.2});
  EXPECT_THROW(choose_by_validation(candidates), Error);
}

TEST(NestedChoice, HasTheSeedsOfItsCandidatesWhereTheyAreTheSame) {
  std::vector candidates{candidate("a", 0.5, {0.7, 0.9, 0.7, 0.9, 0.7}),
                         candidate("b", 0.8, {0.8, 0.8, 0.8, 0.8, 0.8})};
  EXPECT_EQ(choose_by_validation(candidates).contender.seeds, (std::vector<std::int64_t>{1, 2}));
  candidates[1].seeds = {3, 4};
  EXPECT_TRUE(choose_by_validation(candidates).contender.seeds.empty());
}

}  // namespace
}  // namespace setsz
