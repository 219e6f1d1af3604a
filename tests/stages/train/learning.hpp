// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <gtest/gtest.h>

#include "small_universe.hpp"
#include "stages/predict/predict_work.hpp"
#include "stages/train/train_work.hpp"

namespace setsz::testing {

/// A folder with a small universe, which the tests of a suite share.
class InSmallUniverse : public ::testing::Test {
 protected:
  /// Collective. \param more  what else rank 0 writes into the folder
  template <class More>
  static void make_universe(More&& more) {
    world_ = new Comm(Comm::world());
    folder_ = new test::Scratch(*world_);
    on_root(*world_, "making the universe", [&] {
      write_small_universe(folder_->path());
      more();
    });
  }
  static void TearDownTestSuite() {
    delete folder_;
    delete world_;
  }
  /// Where this rank alone has put its products.
  static std::string alone() { return *folder_ / concat("alone", world_->rank()); }

  /// Collective: runs the work of a stage again and again, with a stop after some steps each time.
  /// \return  how often it was stopped
  template <class Run>
  static int finish(std::string const& outputs, int steps, Run&& run) {
    for (int stops = 0;; ++stops) {
      TestContext context(*world_, folder_->path(), outputs);
      context.stop_after = steps;
      try {
        run(context);
        return stops;
      } catch (StoppedByTest const&) {
        world_->barrier();
      }
    }
  }

  inline static Comm* world_ = nullptr;
  inline static test::Scratch* folder_ = nullptr;
};

/// One training that nothing disturbed and its prediction, by each rank alone.
class Learning : public InSmallUniverse {
 protected:
  static constexpr std::int64_t epochs = 6;
  static void SetUpTestSuite() {
    make_universe([] {});
    TestContext context(Comm::self(), folder_->path(), alone());
    train_network(small_training(epochs), context);
    TestContext prediction(Comm::self(), folder_->path(), alone());
    predict_network(small_prediction(), prediction);
    world_->barrier();
  }
};

}  // namespace setsz::testing
