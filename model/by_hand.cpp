// SPDX-License-Identifier: BSD-3-Clause
#include "model/by_hand.hpp"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "model/module_network.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// Where the slopes by a tensor are added up.
std::span<float> slope_sum(at::Tensor const& input) {
  if (!input.requires_grad()) return {};
  auto& sum = input.mutable_grad();
  if (!sum.defined()) sum = zeros(input.sizes());
  return floats_of(sum);
}

/// Adds slopes by an input of rows_by_hand.
void chain(std::span<float const> slopes, std::span<float const> derivatives,
           std::span<float> sum) {
  auto const columns = derivatives.size() / slopes.size();
  if (sum.size() == derivatives.size()) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += slopes[i / columns] * derivatives[i];
    return;
  }
  for (std::size_t j = 0; j < sum.size(); ++j) {
    double total = 0;
    for (std::size_t i = 0; i < slopes.size(); ++i)
      total += real(slopes[i]) * real(derivatives[i * columns + j]);
    sum[j] += single(total);
  }
}

}  // namespace

void go_back(BackwardSteps const& steps) {
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) (*step)();
}

at::Tensor behind_libtorch(BackwardSteps& steps, at::Tensor const& result) {
  if (result.is_leaf()) return result;
  auto collected = result.detach().contiguous();
  collected.requires_grad_(true);
  steps.emplace_back([result, collected] {
    // Other results can share a part of this graph: it is kept.
    if (collected.grad().defined())
      torch::autograd::backward({result}, {collected.grad()}, /*retain_graph=*/true);
  });
  return collected;
}

at::Tensor by_hand(BackwardSteps& steps, std::vector<at::Tensor> inputs, at::Tensor const& result,
                   SlopesByHand slopes) {
  auto const learns = [](at::Tensor const& input) { return input.requires_grad(); };
  if (!c10::GradMode::is_enabled() || std::ranges::none_of(inputs, learns)) return result;
  for (auto& input : inputs) input = behind_libtorch(steps, input);
  result.requires_grad_(true);
  steps.emplace_back([inputs = std::move(inputs), result, slopes = std::move(slopes)] {
    if (!result.grad().defined()) return;  // nothing depends on it
    auto const slope = result.grad().contiguous();
    std::vector<std::span<float>> sums(inputs.size());
    std::ranges::transform(inputs, sums.begin(), slope_sum);
    slopes(floats_of(slope), sums);
  });
  return result;
}

at::Tensor rows_by_hand(BackwardSteps& steps, std::vector<at::Tensor> inputs,
                        at::Tensor const& result, std::vector<at::Tensor> derivatives) {
  return by_hand(steps, std::move(inputs), result,
                 [derivatives = std::move(derivatives)](auto slope, auto sums) {
                   for (std::size_t i = 0; i < sums.size(); ++i)
                     if (!sums[i].empty()) chain(slope, floats_of(derivatives[i]), sums[i]);
                 });
}

}  // namespace setsz
