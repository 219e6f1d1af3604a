// SPDX-License-Identifier: BSD-3-Clause
#include "model/trainer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pipeline/base/hash.hpp"
#include "random_batch.hpp"

namespace setsz {
namespace {

using testing::random_batch;
using testing::small_network;

constexpr int n_lanes = 12;

/// A step's lanes on this rank: 4 clusters, 3 lanes of 5 targets each.
std::vector<Lane> lanes_of_step(Comm const& comm, std::uint64_t epoch) {
  std::vector<Lane> lanes;
  for (int lane = 0; lane < n_lanes; ++lane) {
    if (!even_range(n_lanes, comm.rank(), comm.size()).contains(lane)) continue;
    auto batch = random_batch(static_cast<std::uint64_t>(100 + lane), 5, {9, 4, 0}, 30);
    auto const first = random_batch(static_cast<std::uint64_t>(100 + lane / 3), 5, {9, 4, 0}, 30);
    batch.cluster = first.cluster;
    batch.scalars = first.scalars;
    batch.cluster_particles = first.cluster_particles;
    batch.cluster_row = lane / 3;
    batch.epoch = epoch;
    batch.first_target = 5 * (lane % 3);
    batch.share = 1.0 / 60;
    lanes.push_back({lane, std::move(batch)});
  }
  return lanes;
}

Trainer make_trainer(Comm const& comm, std::int64_t total_steps) {
  TrainerSettings settings;
  settings.schedule.total_steps = total_steps;
  settings.groups.of("origin") = {3e-3, 1e-4};
  settings.groups.of("local") = {3e-3, 0};
  settings.groups.of("aggregator") = {3e-3, 1e-4};
  settings.chunk = {.rows = 20, .targets = 3};
  auto const options = small_network({"gnfw", "origin", "local", "aggregator"});
  return Trainer(comm, Network(options, {}, {}, 4), settings);
}

std::string fingerprint(std::span<float const> values) {
  return Hash().add_bytes(values.data(), values.size_bytes()).hex();
}

// The reference is the same training on a communicator of one rank: every rank computes it alone.
TEST(Trainer, GivesTheSameBitsOnAnyNumberOfRanks) {
  auto const world = Comm::world(), self = Comm::self();
  auto together = make_trainer(world, 6), alone = make_trainer(self, 6);
  for (std::uint64_t step = 0; step < 6; ++step) {
    auto const a = together.step(lanes_of_step(world, step));
    auto const b = alone.step(lanes_of_step(self, step));
    EXPECT_EQ(a.loss, b.loss);
    EXPECT_EQ(a.gradient_norm, b.gradient_norm);
    EXPECT_EQ(a.lane_losses, b.lane_losses);
  }
  EXPECT_EQ(fingerprint(together.network().parameters()),
            fingerprint(alone.network().parameters()));
}

// The last step of an epoch has less clusters, and ranks may share it in any way.
TEST(Trainer, StepsMayDifferInTheirLanes) {
  auto const world = Comm::world(), self = Comm::self();
  auto together = make_trainer(world, 4), alone = make_trainer(self, 4);
  bool const last = world.rank() == world.size() - 1;
  for (std::uint64_t step = 0; step < 4; ++step) {
    auto all = lanes_of_step(self, step);
    if (step % 2 == 1) all.resize(4);
    auto const a = together.step(last ? all : std::vector<Lane>{});
    auto const b = alone.step(all);
    EXPECT_EQ(a.lane_losses, b.lane_losses);
    EXPECT_EQ(a.gradient_norm, b.gradient_norm);
  }
  EXPECT_EQ(fingerprint(together.network().parameters()),
            fingerprint(alone.network().parameters()));
}

// Lanes of a cluster share what belongs to it as a whole: the same as each by itself.
TEST(Trainer, EvaluatesLanesLikeSingleBatches) {
  auto const world = Comm::world();
  auto trainer = make_trainer(world, 1);
  auto const errors = trainer.evaluate(lanes_of_step(world, 0),
                                       [](std::int64_t) { return gnfw_shape({}, 1e4, 0.7, 0); });
  for (auto const& [number, batch] : lanes_of_step(Comm::self(), 0))
    EXPECT_EQ(errors.at(number).network,
              squared_error(batch, trainer.network().predict(batch, {.rows = 20, .targets = 3})));
}

TEST(Trainer, SumsGradientsLikeOneBatch) {
  auto const world = Comm::world();
  auto trainer = make_trainer(world, 1);
  auto network = Network(small_network({"gnfw", "origin", "local", "aggregator"}), {}, {}, 4);
  for (auto const& lane : lanes_of_step(Comm::self(), 0))
    network.accumulate_gradient(lane.batch, lane.batch.share, 1, {.rows = 20, .targets = 3});
  auto const result = trainer.step(lanes_of_step(world, 0));
  EXPECT_NEAR(result.gradient_norm / euclidean_norm(network.gradient()), 1, 1e-5);
}

TEST(Trainer, AResumedTrainingIsAnUninterruptedOne) {
  auto const world = Comm::world();
  auto straight = make_trainer(world, 8), first = make_trainer(world, 8);
  for (std::uint64_t step = 0; step < 8; ++step) straight.step(lanes_of_step(world, step));
  for (std::uint64_t step = 0; step < 3; ++step) first.step(lanes_of_step(world, step));
  ModelState saved;
  first.save(saved);
  auto second = make_trainer(world, 8);
  second.restore(saved);
  for (std::uint64_t step = 3; step < 8; ++step) second.step(lanes_of_step(world, step));
  EXPECT_EQ(fingerprint(straight.network().parameters()),
            fingerprint(second.network().parameters()));
  EXPECT_EQ(straight.optimizer().second_moment(), second.optimizer().second_moment());
}

TEST(Trainer, LearnsAFewClustersByHeart) {
  auto const world = Comm::world();
  auto trainer = make_trainer(world, 60);
  double first = 0, last = 0;
  for (std::uint64_t step = 0; step < 60; ++step) {
    last = trainer.step(lanes_of_step(world, 0)).loss;
    if (step == 0) first = last;
  }
  EXPECT_LT(last, 0.3 * first);
  auto const errors = trainer.evaluate(lanes_of_step(world, 0),
                                       [](std::int64_t) { return gnfw_shape({}, 1e4, 0.7, 0); });
  ASSERT_EQ(errors.size(), n_lanes);
  for (auto const& lane : errors) EXPECT_GT(lane.benchmark, 0);
}

TEST(Trainer, ADivergedStepNamesTheClusterAndMovesNothing) {
  auto const world = Comm::world();
  auto trainer = make_trainer(world, 4);
  auto const before = fingerprint(trainer.network().parameters());
  auto lanes = lanes_of_step(world, 0);
  for (auto& lane : lanes)
    if (lane.number == n_lanes - 1) lane.batch.truth[0] = std::numeric_limits<float>::quiet_NaN();
  try {
    trainer.step(lanes);
    ADD_FAILURE() << "a loss of NaN was accepted";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::diverged);
    EXPECT_NE(std::string(error.what()).find("cluster rows 3"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("first not finite: the gas pressure of cluster row 3"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(before, fingerprint(trainer.network().parameters()));
}

TEST(Trainer, ADivergedStepNamesTheParameterThatIsNotFinite) {
  auto const world = Comm::world();
  auto trainer = make_trainer(world, 4);
  auto const& info = trainer.network().layout().tensors().back();
  trainer.network().parameters()[info.first] = std::numeric_limits<float>::infinity();
  try {
    trainer.step(lanes_of_step(world, 0));
    ADD_FAILURE() << "a parameter that is not finite was accepted";
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find(concat("the parameter '", info.name, "'")),
              std::string::npos)
        << error.what();
  }
}

TEST(Trainer, GroupsPartitionTheParametersByModule) {
  auto const network = Network(small_network({"gnfw", "origin", "local", "aggregator"}), {}, {}, 4);
  auto const groups = parameter_groups(network.layout(), {});
  std::int64_t end = 0;
  for (auto const& group : groups) {
    EXPECT_EQ(group.first, end);
    end = group.last;
    for (auto const& info : network.layout().tensors()) {
      bool const inside = info.first >= group.first && info.first < group.last;
      EXPECT_TRUE(!inside || info.module == group.name) << info.name;
    }
  }
  EXPECT_EQ(end, network.layout().size());
}

// Without a gradient nothing but the decay moves a parameter. Matrices have two extents; the
// profile's numbers, biases, both vectors of the norms and k have one.
TEST(Trainer, WeightDecayMovesMatricesAlone) {
  auto network = Network(small_network({"gnfw", "origin", "local", "aggregator"}), {}, {}, 4);
  TrainerSettings settings;
  for (auto const* module : {"gnfw", "origin", "local", "aggregator"})
    settings.groups.of(module).weight_decay = 0.1;
  for (auto const decay : {WeightDecay::l2, WeightDecay::decoupled}) {
    Adam adam(parameter_groups(network.layout(), settings), {.total_steps = 10}, decay);
    std::vector<float> const before(network.parameters().begin(), network.parameters().end());
    std::vector<float> gradient(before.size(), 0);
    for (int step = 0; step < 4; ++step) adam.step(network.parameters(), gradient, 1);
    for (auto const& info : network.layout().tensors()) {
      auto const now = network.parameters().subspan(info.first, info.size());
      bool const moved = !std::equal(now.begin(), now.end(), before.begin() + info.first);
      EXPECT_EQ(moved, info.shape.size() == 2) << info.name;
    }
  }
}

TEST(Trainer, WeightDecayActsOnTheTensorsThatDeclareIt) {
  ParameterLayout layout;
  layout.add("origin", "weight", {2, 3}, Decays::yes);
  layout.add("origin", "bias", {2});
  layout.add("origin", "head", {1, 2}, Decays::yes);
  auto const groups = parameter_groups(layout, {});
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[1].first, 6);
  EXPECT_EQ(groups[1].last, 8);
  EXPECT_EQ(groups[0].weight_decay, 1e-4);
  EXPECT_EQ(groups[1].weight_decay, 0);
  EXPECT_EQ(groups[2].weight_decay, 1e-4);
  for (auto const& group : groups) EXPECT_EQ(group.max_rate, 3e-4);
}

TEST(Trainer, AFrozenModuleStaysAsItIs) {
  auto const world = Comm::world();
  TrainerSettings settings;
  settings.schedule.total_steps = 10;
  settings.groups.of("origin").frozen = true;
  auto const options = small_network({"gnfw", "origin", "local", "aggregator"});
  Trainer trainer(world, Network(options, {}, {}, 4), settings);
  std::vector<float> const before(trainer.network().parameters().begin(),
                                  trainer.network().parameters().end());
  for (std::uint64_t step = 0; step < 3; ++step) trainer.step(lanes_of_step(world, step));
  for (auto const& info : trainer.network().layout().tensors()) {
    auto const now = trainer.network().parameters().subspan(info.first, info.size());
    bool const same = std::equal(now.begin(), now.end(), before.begin() + info.first);
    EXPECT_EQ(same, info.module == "origin") << info.name;
  }
}

}  // namespace
}  // namespace setsz
