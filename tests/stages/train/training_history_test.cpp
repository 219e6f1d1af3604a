// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_history.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

double const nan = std::numeric_limits<double>::quiet_NaN();

TEST(ValidationRatios, EndTheTrainingWhereOneIsNotFiniteAndNameItsCluster) {
  std::vector<std::int64_t> const ids{17, 4711, 5};
  EXPECT_NO_THROW(require_finite(std::vector{0.5, 1.0, 2.0}, ids, 3));
  for (double const bad : {nan, HUGE_VAL}) try {
      require_finite(std::vector{0.5, bad, 2.0}, ids, 3);
      ADD_FAILURE() << bad << " was accepted";
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), ExitCode::diverged);
      EXPECT_NE(std::string(error.what()).find("epoch 3: the loss of cluster 4711"),
                std::string::npos)
          << error.what();
    }
}

TEST(Median, IsTheMiddleValueAndNotOfNan) {
  EXPECT_EQ(median_of({3, 1, 2}), 2);
  EXPECT_EQ(median_of({4, 1, 2, 3}), 2.5);
  EXPECT_THROW(median_of({1, nan, 2}), Error);
  EXPECT_THROW(median_of({}), Error);
}

TEST(TrainingHistory, AnEpochWithoutValidationIsNotTheBest) {
  TrainingHistory history;
  std::vector<float> const parameters{1, 2};
  EXPECT_FALSE(history.finish_epoch({.training_loss = 1}, parameters));
  EXPECT_TRUE(history.finish_epoch({.training_loss = 1, .validation_ratio = 0.9}, parameters));
  EXPECT_FALSE(history.finish_epoch({.training_loss = 1, .validation_ratio = 0.95}, parameters));
  EXPECT_FALSE(history.finish_epoch({.training_loss = 1}, parameters));
  EXPECT_EQ(history.best_epoch, 1);
  EXPECT_EQ(history.last_ratio(), 0.95);
}

}  // namespace
}  // namespace setsz
