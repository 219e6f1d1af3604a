// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/trained_choice.hpp"

#include <gtest/gtest.h>

#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using Names = std::vector<std::string>;

/// Run directories with model files in them.
class Choice : public testing::Test {
 protected:
  test::Scratch const scratch_{Comm::self()};

  std::string make(std::string const& network) const {
    auto const path = scratch_ / ("train/" + network + "/model.h5");
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    test::write_bytes(path, "weights");
    return path;
  }
  TrainedChoice of_run() const {
    TrainedChoice choice;
    choice.paths = {scratch_.path()};
    return choice;
  }
  static std::string refusal(TrainedChoice const& choice) {
    return test::error_of([&] { choice.files(); });
  }
};

TEST_F(Choice, AllFoldsAndSeedsOfTheOnlyModelInOrder) {
  Names expected;
  for (auto const* fold : {"fold2", "fold10"})
    for (auto const* seed : {"seed1", "seed3"})
      expected.push_back(make(concat("z0/lo/", fold, "/", seed)));
  EXPECT_EQ(of_run().files(), expected);
  auto choice = of_run();
  choice.folds = {10};
  choice.seeds = {3};
  EXPECT_EQ(choice.files(), Names{expected.back()});
}

TEST_F(Choice, OfSeveralModelsOrSnapshotsOneMustBeChosen) {
  auto const lo = make("z0/lo/fold0/seed1");
  make("z0/origin/fold0/seed1");
  auto choice = of_run();
  EXPECT_TRUE(test::contains(refusal(choice), "78 "));
  EXPECT_TRUE(test::contains(refusal(choice), "several models: lo, origin; choose one with"));
  choice.model = "lo";
  EXPECT_EQ(choice.files(), Names{lo});
  choice.model = "local";
  EXPECT_TRUE(test::contains(refusal(choice), "66 "));
  EXPECT_TRUE(test::contains(refusal(choice), "no model 'local'; it has lo, origin"));
  make("z05/lo/fold0/seed1");
  choice.model = "lo";
  EXPECT_TRUE(test::contains(refusal(choice), "several snapshots: z0, z05"));
  choice.snapshot = "z0";
  EXPECT_EQ(choice.files(), Names{lo});
}

TEST_F(Choice, ATrainingThatIsNotCompleteIsRefused) {
  for (auto const* network : {"z0/lo/fold0/seed1", "z0/lo/fold0/seed2", "z0/lo/fold1/seed1"})
    make(network);
  EXPECT_TRUE(test::contains(refusal(of_run()), "66 "));
  EXPECT_TRUE(test::contains(refusal(of_run()), "fold1/seed2/model.h5'; let that run finish"));
  auto choice = of_run();
  choice.seeds = {1};
  EXPECT_EQ(choice.files().size(), 2U);
}

TEST_F(Choice, FilesAndPatternsStandForThemselves) {
  auto const a = make("z0/lo/fold0/seed1"), b = make("z0/lo/fold1/seed1");
  TrainedChoice choice;
  choice.paths = {b, a};
  EXPECT_EQ(choice.files(), (Names{b, a}));
  choice.paths = {scratch_ / "train/z0/l*/fold*/seed1/*.h5"};
  EXPECT_EQ(choice.files(), (Names{a, b}));
  choice.paths = {a, a};
  EXPECT_TRUE(test::contains(refusal(choice), "is named twice"));
  choice.paths = {scratch_ / "train/z0/x*/model.h5"};
  EXPECT_TRUE(test::contains(refusal(choice), "66 trained = "));
  choice.paths = {a};
  choice.folds = {0};
  EXPECT_TRUE(test::contains(refusal(choice), "but trained names model files; remove them"));
}

}  // namespace
}  // namespace setsz
