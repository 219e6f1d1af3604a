// SPDX-License-Identifier: BSD-3-Clause
// A module is added by its own file and one line of a table: toy.hpp, toy.cpp, toy_table.cpp. The
// stages train and predict, which know nothing of it, do the rest.
#include <gtest/gtest.h>

#include "model/learning_groups.hpp"
#include "model/model_file.hpp"
#include "model/network.hpp"
#include "model/trainer.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/run/options.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/predict/predict_work.hpp"
#include "stages/train/train_work.hpp"
#include "tests/model/random_batch.hpp"
#include "tests/model/toy/toy.hpp"
#include "tests/stages/train/learning.hpp"

namespace setsz {
namespace {

using namespace testing;

NetworkOptions toy_network() {
  auto options = small_network({"gnfw", "toy", "aggregator"});
  options.get<Aggregator>().dropout = options.get<Aggregator>().visible_dropout = 0;
  return options;
}

std::vector<float> gradient_of(Network& network, TargetBatch const& batch) {
  std::ranges::fill(network.gradient(), 0.0F);
  network.accumulate_gradient(batch, 1, std::nullopt);
  return {network.gradient().begin(), network.gradient().end()};
}

TEST(Toy, HasItsKeysInTheSectionsOfModelAndTraining) {
  auto const configuration = Configuration::parse(
      "[model.one]\nmodules = gnfw, toy, aggregator\ntoy_width = 5\ntoy_particles_test = 7\n"
      "[train]\nrate_toy = 0.5\n",
      "toy.ini", {}, {schema_of<ModelSection>(true), schema_of<TrainOptions>(true)});
  auto const network = configuration.get<ModelSection>("model.one").network;
  EXPECT_EQ(network.get<Toy>().width, 5);
  EXPECT_EQ(network.needs().cluster_particles, (SampleSize{20, 7}));
  auto const groups = configuration.get<TrainOptions>("train.one").groups;
  EXPECT_EQ(groups.of("toy").max_rate, 0.5);
  EXPECT_EQ(groups.of("toy").weight_decay, 0);
}

TEST(Toy, IsNotPartOfANetworkThatDoesNotListIt) {
  EXPECT_FALSE(nlohmann::json(NetworkOptions{}).contains("toy_width"));
  EXPECT_TRUE(nlohmann::json(toy_network()).contains("toy_width"));
  auto const lonely = small_network({"gnfw", "toy"});
  EXPECT_NE(std::string(test::thrown_by([&] { lonely.validate(); }).what()).find("the toy gives"),
            std::string::npos);
}

TEST(Toy, IsSeenByTheModuleThatTakesFeatures) {
  auto const batch = random_batch(1, 6, {0});
  Network network(toy_network(), {}, {}, 3);
  auto other = batch;
  for (auto& p : other.cluster_particles) p.vx *= 3;
  EXPECT_NE(network.predict(batch), network.predict(other));
  EXPECT_NE(network.cluster_state(batch), network.cluster_state(other));
  EXPECT_EQ(network.predict(batch), network.predict(other, {}, network.cluster_state(batch)));
}

TEST(Toy, LearnsThroughBothKernelsAlike) {
  auto const batch = random_batch(2, 9, {0});
  Network network(toy_network(), {}, {}, 3);
  auto const fused = gradient_of(network, batch);
  network.use(ParticleKernel::reference);
  auto const reference = gradient_of(network, batch);
  double difference = 0, size = 0;
  for (auto const& info : network.layout().tensors()) {
    if (info.module != "toy") continue;
    for (std::int64_t i = info.first; i < info.first + info.size(); ++i)
      difference += std::pow(fused[i] - reference[i], 2), size += std::pow(fused[i], 2);
  }
  EXPECT_GT(size, 0);
  EXPECT_LT(difference, 1e-8 * size);
}

TEST(Toy, AddsItsTermToTheLoss) {
  auto const batch = random_batch(3, 9, {0});
  auto options = toy_network();
  Network without(options, {}, {}, 3);
  options.get<Toy>().term = 2;
  Network with(options, {}, {}, 3);
  double const code = with.cluster_state(batch).at("toy")[0];
  double const difference = with.accumulate_gradient(batch, 1, std::nullopt) -
                            without.accumulate_gradient(batch, 1, std::nullopt);
  EXPECT_NEAR(difference, 9 * 2 * code * code, 1e-4 * difference);
  EXPECT_NE(gradient_of(with, batch), gradient_of(without, batch));
}

/// A training of the toy, and what came of it, by each rank alone.
class ToyStages : public InSmallUniverse {
 protected:
  static void SetUpTestSuite() {
    make_universe([] {});
    TestContext context(Comm::self(), folder_->path(), alone());
    train_network(training(), context);
    TestContext prediction(Comm::self(), folder_->path(), alone());
    predict_network(predicting(), prediction);
    world_->barrier();
  }
  static TrainTask training() {
    auto task = small_training(4);
    task.model.network.modules = {"gnfw", "toy", "aggregator"};
    return task;
  }
  static PredictTask predicting() {
    auto task = small_prediction();
    task.section = training().model;
    return task;
  }
};

TEST_F(ToyStages, IsInTheModelFileWithItsOptionsAndStandardisation) {
  auto const state = read_model(alone() + "/model.h5");
  EXPECT_TRUE(state.tensors.contains("parameters/toy.particle.0.weight"));
  auto const network = Network::from_state(state);
  EXPECT_EQ(network.options(), training().model.network);
  EXPECT_GT(network.standardisation().quantity("toy_speed").mean, 100);
  Network const start(training().model.network, {}, {}, training().instance.stream_seed(1));
  auto const& learnt = state.tensor("parameters/toy.particle.0.weight").values;
  EXPECT_NE(learnt, start.state().tensor("parameters/toy.particle.0.weight").values);
}

TEST_F(ToyStages, LeavesItsStateInThePrediction) {
  auto const file = H5File::open(alone() + "/prediction.h5");
  auto const codes = file.read_all<double>("/toy_code");
  ASSERT_EQ(std::ssize(codes), n_clusters);
  for (double const code : codes) EXPECT_GT(code, 0);
}

TEST_F(ToyStages, AnInterruptedTrainingAndPredictionAreTheSame) {
  auto const outputs = *folder_ / "interrupted";
  EXPECT_GT(finish(outputs, 3, [](Context& context) { train_network(training(), context); }), 1);
  EXPECT_EQ(hash_file(outputs + "/model.h5"), hash_file(alone() + "/model.h5"));
  std::filesystem::path const journal = outputs + "/journal";
  world_->barrier();
  if (world_->is_root()) std::filesystem::remove_all(journal);
  world_->barrier();
  EXPECT_GT(finish(outputs, 10, [](Context& context) { predict_network(predicting(), context); }),
            0);
  EXPECT_EQ(h5_content_hash(outputs + "/prediction.h5"),
            h5_content_hash(alone() + "/prediction.h5"));
}

}  // namespace
}  // namespace setsz
