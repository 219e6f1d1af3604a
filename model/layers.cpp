// SPDX-License-Identifier: BSD-3-Clause
#include "model/layers.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sum.h>

#include <algorithm>

#include "model/by_hand.hpp"
#include "model/module_network.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

at::Tensor row_products(at::Tensor const& a, at::Tensor const& b) {
  return at::sum(a.unsqueeze(1) * b, 2);
}

at::Tensor DropoutMasks::take(std::int64_t width) {
  if (!masks_.defined()) return {};
  auto columns = masks_.narrow(1, column_, width);
  column_ += width;
  return columns;
}

Mlp::Mlp(ParameterLayout& layout, std::string const& module, std::string const& name,
         MlpShape const& shape)
    : shape_(shape), dense_({}) {
  for (std::int64_t l = 0; l <= shape.hidden_layers; ++l) {
    bool const first = l == 0, last = l == shape.hidden_layers;
    std::int64_t const inputs = first ? shape.inputs : shape.width;
    std::int64_t const outputs = last ? shape.outputs : shape.width;
    auto const prefix = name + "." + std::to_string(l) + ".";
    Layer layer{};
    layer.inputs = inputs;
    layer.dropout = first ? shape.visible_dropout : shape.dropout;
    if (!first) {
      layer.gamma = layout.add(module, prefix + "gamma", {inputs});
      layer.beta = layout.add(module, prefix + "beta", {inputs});
    }
    layer.weight = layout.add(module, prefix + "weight", {outputs, inputs}, Decays::yes);
    layer.bias = layout.add(module, prefix + "bias", {outputs});
    layers_.push_back(layer);
  }
  dense_ = make_dense(layout);
}

DenseMlp::Work& Mlp::work(ClusterContext const& context) const {
  if (evaluation_ == context.evaluation) return work_;
  evaluation_ = context.evaluation;
  using enum FoldedLayer::For;
  dense_.begin(context.values, context.training() ? training : prediction, work_,
               layer_kernels(instruction_set(), context.arithmetic));
  if (context.training())
    context.after_backward.emplace_back(
        [this, gradient = context.gradient] { dense_.finish(work_, gradient); });
  return work_;
}

at::Tensor Mlp::operator()(ClusterContext const& context, at::Tensor const& x,
                           DropoutMasks* masks) const {
  if (context.kernel == ParticleKernel::reference) return reference(context.parameters, x, masks);
  at::Tensor const own = masks ? masks->take(dense_.n_masks()) : at::Tensor{};
  auto const factors = own.defined() ? own.contiguous() : own;
  auto& work = this->work(context);
  auto const rows = x.contiguous();
  std::ranges::copy(floats_of(rows), work.input(dense_, rows.size(0)).begin());
  auto const result = at::empty({rows.size(0), dense_.outputs()});
  dense_.forward(factors.defined() ? floats_of(factors) : std::span<float>{}, work,
                 floats_of(result));
  // The weights anchor the step in the graph where x has no slope. Theirs do not pass through the
  // graph: DenseMlp::finish adds them.
  return by_hand({x, context.parameters[layers_.front().weight]}, result,
                 [this, &work, of_x = x.requires_grad()](at::Tensor const& slope) -> Tensors {
                   if (!of_x) {
                     dense_.backward(floats_of(slope), work, {});
                     return {{}, {}};
                   }
                   auto const slope_of_x = at::empty({slope.size(0), dense_.inputs()});
                   dense_.backward(floats_of(slope), work, floats_of(slope_of_x));
                   return {slope_of_x, {}};
                 });
}

at::Tensor Mlp::reference(Tensors const& parameters, at::Tensor x, DropoutMasks* masks) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer const& layer = layers_[l];
    if (l > 0)
      x = at::layer_norm(x, {layer.inputs}, parameters[layer.gamma], parameters[layer.beta]);
    if (masks && layer.dropout > 0)
      if (auto const factors = masks->take(layer.inputs); factors.defined()) x = x * factors;
    x = at::linear(x, parameters[layer.weight], parameters[layer.bias]);
    bool const activate = l + 1 < layers_.size() || !shape_.linear_head;
    if (activate) at::leaky_relu_(x, 0.01);
  }
  return x;
}

void Mlp::initialise(ParameterLayout const& layout, std::span<float> parameters,
                     std::uint64_t seed) const {
  auto const span_of = [&](std::size_t tensor) {
    auto const& info = layout.tensors()[tensor];
    return parameters.subspan(info.first, info.size());
  };
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer const& layer = layers_[l];
    bool const head = l + 1 == layers_.size() && shape_.linear_head;
    fill_kaiming_uniform(span_of(layer.weight), layer.inputs, seed, layer.weight);
    if (head)
      for (float& w : span_of(layer.weight)) w *= single(shape_.head_scale);
    if (head)
      std::ranges::fill(span_of(layer.bias), single(shape_.head_bias));
    else
      fill_normal(span_of(layer.bias), 0.1, seed, layer.bias);
    if (l > 0) {
      std::ranges::fill(span_of(layer.gamma), 1.0F);
      std::ranges::fill(span_of(layer.beta), 0.0F);
    }
  }
}

DenseMlp Mlp::make_dense(ParameterLayout const& layout) const {
  auto const offset = [&](std::size_t tensor) { return layout.tensors()[tensor].first; };
  std::vector<DenseLayer> dense;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer const& layer = layers_[l];
    bool const last = l + 1 == layers_.size();
    dense.push_back({.inputs = layer.inputs,
                     .outputs = last ? shape_.outputs : shape_.width,
                     .weight = offset(layer.weight),
                     .bias = offset(layer.bias),
                     .gamma = l > 0 ? offset(layer.gamma) : -1,
                     .beta = l > 0 ? offset(layer.beta) : -1,
                     .activate = !last || !shape_.linear_head,
                     .drops = layer.dropout > 0});
  }
  return DenseMlp(std::move(dense));
}

std::vector<double> Mlp::dropout_rates() const {
  std::vector<double> rates;
  for (auto const& layer : layers_)
    if (layer.dropout > 0) rates.insert(rates.end(), layer.inputs, layer.dropout);
  return rates;
}

}  // namespace setsz
