// SPDX-License-Identifier: BSD-3-Clause
#include "model/optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

// Values of torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=10, pct_start=0.3,
// div_factor=1000, final_div_factor=1e4), written down from its definition: phase ends at steps
// 0.3 x 10 - 1 = 2 and 9, cosine (1 + cos(pi f))/2 in between.
TEST(OneCycle, FollowsTorchsPhases) {
  OneCycle const cycle{.total_steps = 10};
  EXPECT_DOUBLE_EQ(cycle.at(0).rate, 1e-3);
  EXPECT_DOUBLE_EQ(cycle.at(0).beta1, 0.95);
  EXPECT_NEAR(cycle.at(1).rate, 0.5005, 1e-12);
  EXPECT_NEAR(cycle.at(1).beta1, 0.90, 1e-12);
  EXPECT_DOUBLE_EQ(cycle.at(2).rate, 1);
  EXPECT_DOUBLE_EQ(cycle.at(2).beta1, 0.85);
  double const fraction = (1 + std::cos(std::numbers::pi / 7)) / 2;
  EXPECT_NEAR(cycle.at(3).rate, fraction + 1e-7 * (1 - fraction), 1e-12);
  EXPECT_NEAR(cycle.at(9).rate, 1e-7, 1e-15);
  EXPECT_NEAR(cycle.at(9).beta1, 0.95, 1e-12);
}

TEST(OneCycle, SurvivesVeryShortRuns) {
  for (std::int64_t const total : {1, 2, 3, 4})
    for (std::int64_t step = 0; step < total; ++step) {
      auto const point = OneCycle{.total_steps = total}.at(step);
      EXPECT_GT(point.rate, 0);
      EXPECT_LE(point.rate, 1);
    }
}

TEST(Adam, GroupsMustPartitionTheParameters) {
  EXPECT_THROW(Adam({{"a", 0, 4, 1, 0}, {"b", 5, 8, 1, 0}}, {}), Error);
  EXPECT_THROW(Adam({{"a", 0, 4, 1, 0}, {"b", 3, 8, 1, 0}}, {}), Error);
  EXPECT_NO_THROW(Adam({{"a", 0, 4, 1, 0}, {"b", 4, 8, 1, 0}}, {}));
}

// The first step of Adam moves every parameter by its rate, against the sign of the gradient.
TEST(Adam, TheFirstStepIsTheLearningRateOfTheGroup) {
  OneCycle flat{.total_steps = 100, .start_divisor = 1, .end_divisor = 1};
  Adam adam({{"slow", 0, 1, 1e-3, 0}, {"fast", 1, 3, 1e-2, 0}}, flat);
  std::vector<float> p{1, 1, 1}, g{0.5F, -2, 0.001F};
  EXPECT_NEAR(adam.step(p, g, 1e9), std::sqrt(0.25 + 4 + 1e-6), 1e-6);
  EXPECT_NEAR(p[0], 1 - 1e-3, 1e-6);
  EXPECT_NEAR(p[1], 1 + 1e-2, 1e-6);
  EXPECT_NEAR(p[2], 1 - 1e-2, 1e-6);
}

// A slow Adam in double, straight from the algorithm, beside clipping and both decays.
TEST(Adam, AgreesWithTheAlgorithmInDouble) {
  for (auto const decay : {WeightDecay::l2, WeightDecay::decoupled}) {
    OneCycle const cycle{.total_steps = 50};
    Adam adam({{"all", 0, 2, 0.05, 0.1}}, cycle, decay);
    std::vector<float> p{1, -2};
    std::vector<double> x{1, -2}, m{0, 0}, v{0, 0};
    for (int t = 0; t < 50; ++t) {
      std::vector<double> slope{2 * x[0] + x[1], 4 * x[1] + x[0] + 1};
      std::vector<float> g{single(slope[0]), single(slope[1])};
      adam.step(p, g, 1.5);
      double const norm = std::hypot(slope[0], slope[1]);
      auto const [rate, beta1] = cycle.at(t);
      for (std::size_t i = 0; i < 2; ++i) {
        double gradient = slope[i] * std::min(1.0, 1.5 / norm);
        if (decay == WeightDecay::l2) gradient += 0.1 * x[i];
        if (decay == WeightDecay::decoupled) x[i] *= 1 - 0.05 * rate * 0.1;
        m[i] = beta1 * m[i] + (1 - beta1) * gradient;
        v[i] = 0.999 * v[i] + 0.001 * gradient * gradient;
        double const mh = m[i] / (1 - std::pow(beta1, t + 1));
        double const vh = v[i] / (1 - std::pow(0.999, t + 1));
        x[i] -= 0.05 * rate * mh / (std::sqrt(vh) + 1e-8);
      }
      EXPECT_NEAR(p[0], x[0], 2e-5) << t;
      EXPECT_NEAR(p[1], x[1], 2e-5) << t;
    }
  }
}

TEST(Adam, ARestoredOptimiserContinuesBitByBit) {
  OneCycle const cycle{.total_steps = 20};
  auto const gradient = [](std::vector<float> const& p) {
    return std::vector<float>{p[0] * 2, p[1] - 1, p[2] * p[2]};
  };
  std::vector<float> straight{1, 2, 3}, broken{1, 2, 3};
  Adam one({{"all", 0, 3, 0.1, 1e-3}}, cycle), first({{"all", 0, 3, 0.1, 1e-3}}, cycle);
  for (int t = 0; t < 10; ++t) {
    auto g = gradient(straight);
    one.step(straight, g, 1);
    g = gradient(broken);
    first.step(broken, g, 1);
  }
  Adam second({{"all", 0, 3, 0.1, 1e-3}}, cycle);
  second.restore(first.steps_done(), first.first_moment(), first.second_moment());
  for (int t = 0; t < 10; ++t) {
    auto g = gradient(straight);
    one.step(straight, g, 1);
    g = gradient(broken);
    second.step(broken, g, 1);
  }
  EXPECT_EQ(straight, broken);
}

}  // namespace
}  // namespace setsz
