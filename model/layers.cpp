// SPDX-License-Identifier: BSD-3-Clause
#include "model/layers.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sum.h>

#include <algorithm>

#include "model/module_network.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// A part of the columns is a matrix, or one row that all share.
bool is_shared(at::Tensor const& part) { return part.dim() == 1; }
std::int64_t width_of(at::Tensor const& part) { return part.size(part.dim() - 1); }

std::int64_t rows_of(Tensors const& columns) {
  return std::ranges::find_if_not(columns, is_shared)->size(0);
}

at::Tensor side_by_side(Tensors columns) {
  if (columns.size() == 1) return columns.front();
  auto const rows = rows_of(columns);
  for (auto& part : columns) part = part.expand({rows, width_of(part)});
  return at::cat(columns, 1);
}

/// The same into rows of n numbers.
void copy_side_by_side(Tensors const& columns, std::int64_t n, std::span<float> rows) {
  float* first = rows.data();
  for (auto const& part : columns) {
    auto const numbers = part.contiguous();
    auto const width = width_of(part), stride = is_shared(part) ? 0 : width;
    float const* from = floats_of(numbers).data();
    for (std::int64_t at = 0; at < std::ssize(rows); at += n, from += stride)
      std::copy_n(from, width, first + at);
    first += width;
  }
}

/// Adds what belongs to some columns of rows of n numbers to a sum: by row, or of all rows.
void add_columns(std::span<float const> rows, std::int64_t n, std::int64_t first,
                 std::int64_t width, std::span<float> sum) {
  auto const n_rows = std::ssize(rows) / n;
  for (std::int64_t j = 0; j < width; ++j) {
    float const* const column = rows.data() + first + j;
    if (std::ssize(sum) == n_rows * width) {
      for (std::int64_t i = 0; i < n_rows; ++i) sum[i * width + j] += column[i * n];
    } else {
      double total = 0;
      for (std::int64_t i = 0; i < n_rows; ++i) total += real(column[i * n]);
      sum[j] += single(total);
    }
  }
}

}  // namespace

at::Tensor row_products(at::Tensor const& a, at::Tensor const& b) {
  return at::sum(a.unsqueeze(1) * b, 2);
}

at::Tensor scaled(ClusterContext const& context, BackwardSteps& backward, at::Tensor const& input,
                  double factor) {
  if (context.kernel == ParticleKernel::reference) return input * factor;
  auto const numbers = input.contiguous();
  auto const result = at::empty(numbers.sizes());
  auto const times = [by = single(factor)](float x) { return x * by; };
  std::ranges::transform(floats_of(numbers), floats_of(result).begin(), times);
  return by_hand(backward, {input}, result, [times](auto slope, auto sums) {
    for (std::size_t i = 0; i < slope.size(); ++i) sums[0][i] += times(slope[i]);
  });
}

at::Tensor DropoutMasks::take(std::int64_t width) {
  if (!masks_.defined() || width == masks_.size(1)) return masks_;  // of the one MLP that drops
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
    context.backward.emplace_back(
        [this, gradient = context.gradient] { dense_.finish(work_, gradient); });
  return work_;
}

at::Tensor Mlp::operator()(ClusterContext const& context, BackwardSteps& backward,
                           Tensors const& columns, DropoutMasks* masks) const {
  if (context.kernel == ParticleKernel::reference)
    return reference(context.parameters, side_by_side(columns), masks);
  at::Tensor const own = masks ? masks->take(dense_.n_masks()) : at::Tensor{};
  auto const factors = own.defined() ? own.contiguous() : own;
  auto& work = this->work(context);
  auto const rows = rows_of(columns);
  copy_side_by_side(columns, dense_.inputs(), work.input(dense_, rows));
  auto const result = at::empty({rows, dense_.outputs()});
  dense_.forward(factors.defined() ? floats_of(factors) : std::span<float>{}, work,
                 floats_of(result));
  std::vector<std::int64_t> widths;
  for (auto const& part : columns) widths.push_back(width_of(part));
  // The weights are an input that learns where no column does. Their slopes are not collected by
  // tensors: DenseMlp::finish adds them.
  auto inputs = columns;
  inputs.push_back(context.parameters[layers_.front().weight]);
  return by_hand(backward, std::move(inputs), result,
                 [this, &work, rows, widths = std::move(widths)](auto slope, auto sums) {
                   add_slopes(slope, rows, work, widths, sums.first(widths.size()));
                 });
}

void Mlp::add_slopes(std::span<float const> slope, std::int64_t rows, DenseMlp::Work& work,
                     std::vector<std::int64_t> const& widths,
                     std::span<std::span<float> const> sums) const {
  auto const n = dense_.inputs();
  bool const is_last = std::ranges::all_of(sums, [](auto sum) { return sum.empty(); });
  std::vector<float> by_input(is_last ? 0 : rows * n);
  dense_.backward(slope, work, by_input);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < sums.size(); first += widths[i++])
    if (!sums[i].empty()) add_columns(by_input, n, first, widths[i], sums[i]);
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
