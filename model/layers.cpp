// SPDX-License-Identifier: BSD-3-Clause
#include "model/layers.hpp"
#include "pipeline/base/number.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>

#include <algorithm>

namespace setsz {

at::Tensor DropoutMasks::apply(at::Tensor const& input) {
  if (!masks_.defined()) return input;
  auto const width = input.size(1);
  auto const columns = masks_.narrow(1, column_, width);
  column_ += width;
  return input * columns;
}

Mlp::Mlp(ParameterLayout& layout, std::string const& module, std::string const& name,
         MlpShape const& shape)
    : shape_(shape) {
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
}

at::Tensor Mlp::operator()(Tensors const& parameters, at::Tensor x, DropoutMasks* masks) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer const& layer = layers_[l];
    if (l > 0)
      x = at::layer_norm(x, {layer.inputs}, parameters[layer.gamma], parameters[layer.beta]);
    if (masks && layer.dropout > 0) x = masks->apply(x);
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

DenseMlp Mlp::dense(ParameterLayout const& layout) const {
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
                     .activate = !last || !shape_.linear_head});
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
