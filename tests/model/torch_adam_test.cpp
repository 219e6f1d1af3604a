// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>

#include <algorithm>
#include <vector>

#include "model/optimizer.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n = 24, steps = 60;

std::vector<float> random_values(std::uint64_t step) {
  Random random(1, Purpose::test, step);
  std::vector<float> values;
  for (std::int64_t i = 0; i < n; ++i) values.push_back(single(random.normal()));
  return values;
}

/// The same gradients through torch's optimiser, two groups, along the one-cycle.
template <class Optimizer, class Options>
std::vector<float> by_torch(OneCycle const& cycle, double decay) {
  auto const start = random_values(1000);
  std::vector<torch::Tensor> halves;
  for (int half : {0, 1})
    halves.push_back(torch::from_blob(const_cast<float*>(start.data()) + half * n / 2, {n / 2})
                         .clone()
                         .requires_grad_(true));
  std::vector<torch::optim::OptimizerParamGroup> groups;
  for (auto const& half : halves)
    groups.emplace_back(std::vector<torch::Tensor>{half}, std::make_unique<Options>(1e-3));
  Optimizer optimizer(groups);
  for (std::int64_t step = 0; step < steps; ++step) {
    auto gradient = random_values(static_cast<std::uint64_t>(step));
    auto const norm = single(euclidean_norm(gradient));
    for (float& g : gradient) g /= std::max(norm, 1.0F);  // clipped to 1
    auto const [rate, beta1] = cycle.at(step);
    for (std::size_t half : {0U, 1U}) {
      auto& options = static_cast<Options&>(optimizer.param_groups()[half].options());
      options.lr(rate * (half == 0 ? 1e-2 : 3e-3));
      options.betas({beta1, 0.999});
      options.eps(1e-8);
      options.weight_decay(half == 0 ? decay : 0.0);
      halves[half].mutable_grad() =
          torch::from_blob(gradient.data() + half * static_cast<std::size_t>(n) / 2, {n / 2})
              .clone();
    }
    optimizer.step();
  }
  std::vector<float> result;
  for (auto const& half : halves)
    for (std::int64_t i = 0; i < n / 2; ++i) result.push_back(half[i].template item<float>());
  return result;
}

std::vector<float> by_us(OneCycle const& cycle, double decay, WeightDecay kind) {
  Adam adam({{"a", 0, n / 2, 1e-2, decay}, {"b", n / 2, n, 3e-3, 0}}, cycle, kind);
  auto parameters = random_values(1000);
  for (std::int64_t step = 0; step < steps; ++step) {
    auto gradient = random_values(static_cast<std::uint64_t>(step));
    adam.step(parameters, gradient, 1.0);
  }
  return parameters;
}

void expect_near(std::vector<float> const& ours, std::vector<float> const& torchs) {
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], torchs[i], 2e-6) << i;
}

TEST(TorchAdam, MakesTheSameStepsWithL2Decay) {
  OneCycle const cycle{.total_steps = steps};
  expect_near(by_us(cycle, 0.1, WeightDecay::l2),
              by_torch<torch::optim::Adam, torch::optim::AdamOptions>(cycle, 0.1));
}

TEST(TorchAdam, MakesTheSameStepsWithDecoupledDecay) {
  OneCycle const cycle{.total_steps = steps};
  expect_near(by_us(cycle, 0.5, WeightDecay::decoupled),
              by_torch<torch::optim::AdamW, torch::optim::AdamWOptions>(cycle, 0.5));
}

}  // namespace
}  // namespace setsz
