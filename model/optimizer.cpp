// SPDX-License-Identifier: BSD-3-Clause
#include "model/optimizer.hpp"

#include <cmath>
#include <numbers>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

constexpr double beta2 = 0.999;
constexpr double epsilon = 1e-8;

double cosine_between(double from, double to, double fraction) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * fraction));
}

}  // namespace

OneCycle::Point OneCycle::at(std::int64_t step) const {
  auto const now = real(step);
  double const top = rising_part * real(total_steps) - 1;
  double const end = real(total_steps) - 1;
  double const start_rate = 1 / start_divisor;
  if (top > 0 && now <= top)
    return {cosine_between(start_rate, 1, now / top),
            cosine_between(beta1_slow, beta1_fast, now / top)};
  double const begin = std::max(top, 0.0);
  double const fraction = end > begin ? std::min((now - begin) / (end - begin), 1.0) : 1.0;
  return {cosine_between(1, start_rate / end_divisor, fraction),
          cosine_between(beta1_fast, beta1_slow, fraction)};
}

Adam::Adam(std::vector<ParameterGroup> groups, OneCycle schedule, WeightDecay decay)
    : groups_(std::move(groups)), schedule_(schedule), decay_(decay) {
  std::int64_t expected = 0;
  for (auto const& group : groups_) {
    require(group.first == expected && group.last >= group.first, ExitCode::internal,
            "parameter group '", group.name, "' begins at ", group.first, " in place of ", expected,
            ": the groups do not partition the parameters");
    expected = group.last;
  }
  first_.assign(expected, 0);
  second_.assign(expected, 0);
}

double Adam::step(std::span<float> parameters, std::span<float> gradient, double max_norm) {
  require(parameters.size() == first_.size() && gradient.size() == first_.size(),
          ExitCode::internal, "the optimiser got ", parameters.size(), " parameters and ",
          gradient.size(), " gradients, expected ", first_.size());
  auto const [rate, beta1] = schedule_.at(steps_);
  ++steps_;
  double const norm = euclidean_norm(gradient);
  auto const scale = single(norm > max_norm ? max_norm / norm : 1.0);
  double const correction1 = 1 - std::pow(beta1, real(steps_));
  double const correction2 = 1 - std::pow(beta2, real(steps_));
  auto const b1 = single(beta1), b2 = single(beta2);
  auto const inverse_root2 = single(1 / std::sqrt(correction2));
  auto const eps = single(epsilon);

  for (auto const& group : groups_) {
    double const group_rate = rate * group.max_rate;
    auto const step_size = single(group_rate / correction1);
    auto const l2 = single(decay_ == WeightDecay::l2 ? group.weight_decay : 0);
    auto const shrink =
        single(decay_ == WeightDecay::decoupled ? 1 - group_rate * group.weight_decay : 1.0);
    for (auto i = static_cast<std::size_t>(group.first); i < static_cast<std::size_t>(group.last);
         ++i) {
      float const g = scale * gradient[i] + l2 * parameters[i];
      first_[i] = b1 * first_[i] + (1 - b1) * g;
      second_[i] = b2 * second_[i] + (1 - b2) * g * g;
      parameters[i] = shrink * parameters[i] -
                      step_size * first_[i] / (std::sqrt(second_[i]) * inverse_root2 + eps);
    }
  }
  return norm;
}

void Adam::restore(std::int64_t steps, std::vector<float> first, std::vector<float> second) {
  require(first.size() == first_.size() && second.size() == second_.size(), ExitCode::bad_data,
          "a saved optimiser has ", first.size(), " parameters, expected ", first_.size());
  steps_ = steps;
  first_ = std::move(first);
  second_ = std::move(second);
}

double euclidean_norm(std::span<float const> values) {
  double sum = 0;
  for (float const v : values) sum += real(v) * real(v);
  return std::sqrt(sum);
}

}  // namespace setsz
