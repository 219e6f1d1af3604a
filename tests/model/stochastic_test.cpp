// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/stochastic.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "model/drawn_states.hpp"
#include "model/trainer.hpp"
#include "random_batch.hpp"

namespace setsz {
namespace {

using testing::random_batch;
using testing::small_network;

constexpr std::int64_t n_shells = 6, n_targets = 5;
constexpr int n_lanes = 12;

NetworkOptions stochastic_network(std::int64_t size = 1) {
  auto options = small_network({"gnfw", "origin", "stochastic", "aggregator"});
  options.get<Aggregator>().dropout = options.get<Aggregator>().visible_dropout = 0;
  auto& stochastic = options.get<Stochastic>();
  stochastic.residuals = "det";
  stochastic.shells = n_shells, stochastic.size = size;
  stochastic.layers = 2, stochastic.width = 8;
  stochastic.kl_weight = 0.3;
  return options;
}

/// The same residuals for all lanes of a cluster.
void add_residuals(TargetBatch& batch, std::uint64_t cluster) {
  Random random(cluster, Purpose::test, 11);
  for (std::int64_t shell = 0; shell < n_shells; ++shell) {
    batch.cluster.residuals.value.push_back(single(0.5 * random.normal()));
    batch.cluster.residuals.known.push_back(shell != 4);
  }
}

TargetBatch stochastic_batch(std::uint64_t cluster, double progress = 0) {
  auto batch = random_batch(cluster, n_targets, {0}, 30);
  add_residuals(batch, cluster);
  batch.progress = progress;
  Random random(cluster, Purpose::test, 12);
  for (std::int64_t i = 0; i < n_shells + 2; ++i) batch.normals.push_back(random.normal());
  return batch;
}

std::vector<float> gradient_of(Network& network, TargetBatch const& batch) {
  std::ranges::fill(network.gradient(), 0.0F);
  network.accumulate_gradient(batch, 1, std::nullopt);
  return {network.gradient().begin(), network.gradient().end()};
}

double information_of(Network const& network, TargetBatch const& batch) {
  auto const state = network.cluster_state(batch);
  return code_information(state.at("latent_mean"), state.at("latent_log_variance"));
}

TEST(Stochastic, TheCodeIsDrawnInTrainingAndTheMeanInAReconstruction) {
  Network const network(stochastic_network(2), {}, {}, 3);
  auto batch = stochastic_batch(1);
  auto const drawn = network.cluster_state(batch);
  auto const normals = batch.normals;
  batch.normals.clear();
  auto const mean = network.cluster_state(batch);
  EXPECT_EQ(mean.at("latent"), mean.at("latent_mean"));
  EXPECT_EQ(drawn.at("latent_mean"), mean.at("latent_mean"));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NE(mean.at("latent")[i], 0);
    double const sigma = std::exp(mean.at("latent_log_variance")[i] / 2);
    EXPECT_NEAR(drawn.at("latent")[i], mean.at("latent")[i] + sigma * normals[i], 1e-6);
  }
}

TEST(Stochastic, WithoutResidualsTheCodeIsThatOfItsPrior) {
  Network const network(stochastic_network(), {}, {}, 3);
  auto batch = stochastic_batch(1);
  batch.normals.clear();
  batch.cluster.residuals = {};
  auto const state = network.cluster_state(batch);
  for (auto const* name : {"latent", "latent_mean", "latent_log_variance"})
    EXPECT_EQ(state.at(name), (std::vector<double>{0}));
}

TEST(Stochastic, ResidualsAreStandardisedCutAndMasked) {
  Standardisation standardisation;
  for (std::int64_t shell = 0; shell < n_shells; ++shell)
    standardisation.quantities[concat("residual_", shell)] = {0.5, 0.1};
  Network const network(stochastic_network(), standardisation, {}, 3);
  auto batch = stochastic_batch(1);
  batch.normals.clear();
  auto const code = [&] { return network.cluster_state(batch).at("latent")[0]; };
  double const before = code();
  batch.cluster.residuals.value[4] = 1e30F;  // it is not known
  EXPECT_EQ(code(), before);
  batch.cluster.residuals.value[3] = 0.95F;  // 4.5 deviations off
  double const far = code();
  EXPECT_NE(far, before);
  batch.cluster.residuals.value[3] = 50;
  EXPECT_EQ(code(), far);
}

TEST(Stochastic, NoiseMovesTheInputsOfTrainingAlone) {
  auto options = stochastic_network();
  Network const calm(options, {}, {}, 3);
  options.get<Stochastic>().noise = 0.5;
  Network const noisy(options, {}, {}, 3);
  auto batch = stochastic_batch(1);
  EXPECT_NE(noisy.cluster_state(batch).at("latent_mean"),
            calm.cluster_state(batch).at("latent_mean"));
  batch.normals.clear();
  EXPECT_EQ(noisy.cluster_state(batch), calm.cluster_state(batch));
}

TEST(Stochastic, MeasuresKnownResiduals) {
  auto const options = stochastic_network();
  auto const& module = options.get<Stochastic>();
  std::vector<Moments> sums(module.measured().size());
  std::vector const lanes{stochastic_batch(1), stochastic_batch(1)};
  module.measure(lanes, sums);
  EXPECT_EQ(sums[0].n, 1);
  EXPECT_EQ(sums[0].sum, real(lanes[0].cluster.residuals.value[0]));
  EXPECT_EQ(sums[4].n, 0);
}

TEST(Stochastic, TheWeightOfTheDivergenceRises) {
  Stochastic module;
  module.kl_weight = 2;
  for (double const early : {0.0, 0.2, 0.29999}) EXPECT_EQ(module.weight_at(early), 0);
  EXPECT_NEAR(module.weight_at(0.4), 1, 1e-12);
  EXPECT_EQ(module.weight_at(0.5), 2);
  EXPECT_EQ(module.weight_at(1), 2);
}

TEST(Stochastic, TheDivergenceIsThatOfNormals) {
  // Of N(1, 0.5^2) from N(0, 1): by quadrature of p ln(p/q).
  double const mean = 1, sigma = 0.5;
  double integral = 0;
  for (double x = -7; x < 9; x += 1e-3) {
    double const t = (x - mean) / sigma;
    double const p = std::exp(-t * t / 2) / (sigma * std::sqrt(2 * std::acos(-1.0)));
    integral += 1e-3 * p * ((x * x - t * t) / 2 - std::log(sigma));
  }
  EXPECT_NEAR(code_information(std::vector{mean}, std::vector{2 * std::log(sigma)}), integral,
              1e-6);
  EXPECT_EQ(code_information(std::vector{0.0}, std::vector{0.0}), 0);
}

// The published code lost this gradient, or never had it: its size is part of the test.
TEST(Stochastic, TheGradientOfTheDivergenceIsThatOfFiniteDifferences) {
  Network network(stochastic_network(2), {}, {}, 3);
  auto const early = stochastic_batch(1, 0.2), late = stochastic_batch(1, 0.9);
  auto const without = gradient_of(network, early), with = gradient_of(network, late);
  auto probe = late;
  probe.normals.clear();
  double size = 0, expected_size = 0;
  for (auto const& info : network.layout().tensors()) {
    if (info.module != "stochastic") continue;
    for (std::int64_t i = info.first; i < info.first + info.size(); i += 3) {
      auto& parameter = network.parameters()[i];
      float const kept = parameter;
      constexpr float step = 4e-3F;
      auto const at = [&](float value) {
        parameter = value;
        return information_of(network, probe);
      };
      double const slope = (at(kept + step) - at(kept - step)) / (2 * real(step));
      parameter = kept;
      double const gradient = real(with[i]) - real(without[i]);
      EXPECT_NEAR(gradient, 0.3 * n_targets * slope, 2e-3 + 0.01 * std::abs(gradient))
          << info.name << " " << i - info.first;
      size += gradient * gradient;
      expected_size += std::pow(0.3 * n_targets * slope, 2);
    }
  }
  EXPECT_GT(size, 1e-2);
  EXPECT_NEAR(std::sqrt(size / expected_size), 1, 0.02);
}

TEST(Stochastic, BeforeItsTimeTheDivergenceHasNoGradient) {
  Network network(stochastic_network(), {}, {}, 3);
  EXPECT_EQ(gradient_of(network, stochastic_batch(1, 0.29)),
            gradient_of(network, stochastic_batch(1, 0)));
  EXPECT_NE(gradient_of(network, stochastic_batch(1, 0.31)),
            gradient_of(network, stochastic_batch(1, 0)));
}

TEST(Stochastic, TheEncoderLearnsFromTheReconstruction) {
  Network network(stochastic_network(), {}, {}, 3);
  auto const gradient = gradient_of(network, stochastic_batch(1, 0));
  for (auto const& info : network.layout().tensors()) {
    if (info.module != "stochastic") continue;
    double size = 0;
    for (std::int64_t i = info.first; i < info.first + info.size(); ++i)
      size += std::abs(real(gradient[i]));
    EXPECT_GT(size, 1e-6) << info.name;
  }
}

TEST(Stochastic, TheWeightOfAClusterIsNotThatOfItsDivergence) {
  Network network(stochastic_network(), {}, {}, 3);
  auto const term = [&](double weight) {
    auto late = stochastic_batch(1, 0.9), early = stochastic_batch(1, 0);
    late.weight = early.weight = weight;
    return network.accumulate_gradient(late, 1, std::nullopt) -
           network.accumulate_gradient(early, 1, std::nullopt);
  };
  EXPECT_NEAR(term(0.5), term(1), 1e-4 * term(1));
  EXPECT_NEAR(term(1), 0.3 * n_targets * information_of(network, stochastic_batch(1)),
              1e-4 * term(1));
}

TEST(Stochastic, SeveralPredictionsAtOnceAreThoseOneByOne) {
  Network const network(stochastic_network(), {}, {}, 3);
  auto batch = random_batch(5, 9, {0}, 30);
  std::vector<std::int64_t> const numbers{1, 2, 7};
  auto const known = network.cluster_state(batch);
  auto const states = drawn_states(network.options(), known, 4, 50, numbers);
  auto const all = network.predict_each(batch, {.rows = 100, .targets = 4}, states);
  ASSERT_EQ(all.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(all[i], network.predict(batch, {.rows = 100, .targets = 4}, states[i]));
  EXPECT_NE(all[0], all[1]);
  EXPECT_EQ(states[0].at("shift"), known.at("shift"));
}

TEST(Stochastic, DrawnCodesAreNormalAndAFunctionOfSeedNumberAndCluster) {
  auto const options = stochastic_network();
  ClusterState const known{{"latent", {0}}};
  std::vector<std::int64_t> numbers;
  for (std::int64_t k = 1; k <= 4000; ++k) numbers.push_back(k);
  auto const codes = drawn_states(options, known, 4, 50, numbers);
  double sum = 0, sum2 = 0;
  for (auto const& state : codes)
    sum += state.at("latent")[0], sum2 += std::pow(state.at("latent")[0], 2);
  EXPECT_NEAR(sum / 4000, 0, 0.06);
  EXPECT_NEAR(sum2 / 4000, 1, 0.08);
  std::vector<std::int64_t> const one{17};
  EXPECT_EQ(drawn_states(options, known, 4, 50, one)[0], codes[16]);
  EXPECT_NE(drawn_states(options, known, 5, 50, one)[0], codes[16]);
  EXPECT_NE(drawn_states(options, known, 4, 51, one)[0], codes[16]);
  EXPECT_EQ(drawn_states(small_network({"gnfw"}), {}, 4, 50, numbers).size(), 1U);
}

/// A step's lanes on this rank: 4 clusters, 3 lanes each.
std::vector<Lane> lanes_of_step(Comm const& comm, std::uint64_t epoch) {
  std::vector<Lane> lanes;
  for (int lane = 0; lane < n_lanes; ++lane) {
    if (!even_range(n_lanes, comm.rank(), comm.size()).contains(lane)) continue;
    auto const cluster = static_cast<std::uint64_t>(100 + lane / 3);
    auto const common = stochastic_batch(cluster, real(epoch) / 6);
    auto batch = random_batch(static_cast<std::uint64_t>(200 + lane), n_targets, {0}, 30);
    batch.cluster = common.cluster;
    batch.scalars = common.scalars;
    batch.cluster_particles = common.cluster_particles;
    batch.progress = common.progress;
    batch.normals = common.normals;
    batch.cluster_row = lane / 3;
    batch.epoch = epoch;
    batch.first_target = n_targets * (lane % 3);
    batch.share = 1.0 / (n_lanes * n_targets);
    lanes.push_back({lane, std::move(batch)});
  }
  return lanes;
}

Trainer make_trainer(Comm const& comm) {
  TrainerSettings settings;
  settings.schedule.total_steps = 6;
  for (auto const* module : {"origin", "stochastic", "aggregator"})
    settings.groups.of(module) = {3e-3, 1e-4};
  settings.chunk = {.rows = 20, .targets = 3};
  return Trainer(comm, Network(stochastic_network(), {}, {}, 4), settings);
}

TEST(StochasticTraining, GivesTheSameBitsOnAnyNumberOfRanksAndAfterAnInterruption) {
  auto together = make_trainer(Comm::world()), alone = make_trainer(Comm::self()),
       resumed = make_trainer(Comm::self());
  for (std::uint64_t step = 0; step < 6; ++step) {
    auto const a = together.step(lanes_of_step(Comm::world(), step));
    auto const b = alone.step(lanes_of_step(Comm::self(), step));
    EXPECT_EQ(a.loss, b.loss);
    EXPECT_EQ(a.gradient_norm, b.gradient_norm);
    if (step == 3) {
      ModelState state;
      alone.save(state);
      resumed.restore(state);
    }
    if (step > 3) resumed.step(lanes_of_step(Comm::self(), step));
  }
  auto const bits = [](Trainer& trainer) {
    auto const p = trainer.network().parameters();
    return std::vector<float>(p.begin(), p.end());
  };
  EXPECT_EQ(bits(together), bits(alone));
  EXPECT_EQ(bits(resumed), bits(alone));
}

// Lanes compute the code once and send its gradient back once: the same as each by itself.
TEST(StochasticTraining, SumsGradientsLikeSingleBatches) {
  auto trainer = make_trainer(Comm::world());
  Network network(stochastic_network(), {}, {}, 4);
  double loss = 0;
  for (auto const& lane : lanes_of_step(Comm::self(), 5))
    loss += lane.batch.share *
            network.accumulate_gradient(lane.batch, lane.batch.share, std::nullopt, {.rows = 20});
  auto const result = trainer.step(lanes_of_step(Comm::world(), 5));
  EXPECT_NEAR(result.gradient_norm / euclidean_norm(network.gradient()), 1, 1e-5);
  EXPECT_NEAR(result.loss / loss, 1, 1e-6);
}

}  // namespace
}  // namespace setsz
