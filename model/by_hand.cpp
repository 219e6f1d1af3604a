// SPDX-License-Identifier: BSD-3-Clause
#include "model/by_hand.hpp"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <algorithm>

#include "model/module_network.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

using torch::autograd::variable_list;

class NodeByHand : public torch::autograd::Node {
 public:
  NodeByHand(std::vector<at::Tensor> const& inputs, SlopesByHand slopes)
      : Node(torch::autograd::collect_next_edges(inputs)), slopes_(std::move(slopes)) {}

 private:
  variable_list apply(variable_list&& slopes) override {
    return slopes_(slopes.front().contiguous());
  }
  SlopesByHand slopes_;
};

/// Slopes by an input from those by the n results.
at::Tensor chained(at::Tensor const& input, std::span<float const> slopes,
                   std::span<float const> derivatives) {
  auto result = at::zeros(input.sizes());
  auto const numbers = floats_of(result);
  auto const columns = derivatives.size() / slopes.size();
  std::vector<double> sums(columns, 0.0);
  for (std::size_t i = 0; i < derivatives.size(); ++i) {
    float const slope = slopes[i / columns] * derivatives[i];
    if (numbers.size() == derivatives.size())
      numbers[i] = slope;
    else
      sums[i % columns] += real(slope);
  }
  if (numbers.size() != derivatives.size())
    std::ranges::transform(sums, numbers.begin(), single<double>);
  return result;
}

}  // namespace

at::Tensor by_hand(std::vector<at::Tensor> const& inputs, at::Tensor const& result,
                   SlopesByHand slopes) {
  auto const learns = [](at::Tensor const& input) { return input.requires_grad(); };
  if (!c10::GradMode::is_enabled() || std::ranges::none_of(inputs, learns)) return result;
  auto output = result;
  torch::autograd::set_history(output, std::make_shared<NodeByHand>(inputs, std::move(slopes)));
  return output;
}

at::Tensor rows_by_hand(std::vector<at::Tensor> const& inputs, at::Tensor const& result,
                        std::vector<at::Tensor> derivatives) {
  return by_hand(
      inputs, result, [inputs, derivatives = std::move(derivatives)](at::Tensor const& slope) {
        std::vector<at::Tensor> slopes;
        for (std::size_t i = 0; i < inputs.size(); ++i)
          slopes.push_back(inputs[i].requires_grad()
                               ? chained(inputs[i], floats_of(slope), floats_of(derivatives[i]))
                               : at::Tensor{});
        return slopes;
      });
}

}  // namespace setsz
