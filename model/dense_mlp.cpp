// SPDX-License-Identifier: BSD-3-Clause
#include "model/dense_mlp.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

void grow_to(AlignedFloats& floats, std::int64_t n) {
  if (std::ssize(floats) < n) floats.resize(n);
}

/// What is not a number equals itself.
bool same_bits(std::span<float const> a, std::span<float const> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

Range overlap(Range a, Range b) {
  auto const first = std::max(a.first, b.first);
  return {first, std::max(first, std::min(a.last, b.last))};
}

}  // namespace

DenseMlp::DenseMlp(std::vector<DenseLayer> layers) : layers_(std::move(layers)) {
  parameters_.first = std::numeric_limits<std::int64_t>::max();
  auto const include = [&](std::int64_t first, std::int64_t n) {
    parameters_.first = std::min(parameters_.first, first);
    parameters_.last = std::max(parameters_.last, first + n);
  };
  for (auto const& layer : layers_) {
    include(layer.weight, layer.inputs * layer.outputs), include(layer.bias, layer.outputs);
    if (layer.has_norm()) include(layer.gamma, layer.inputs), include(layer.beta, layer.inputs);
  }
}

std::int64_t DenseMlp::n_masks() const {
  std::int64_t n = 0;
  for (auto const& layer : layers_) n += layer.drops ? layer.inputs : 0;
  return n;
}

void DenseMlp::begin(std::span<float const> parameters, FoldedLayer::For purpose, Work& work,
                     LayerKernels const& kernels) const {
  work.kernels_ = &kernels;
  work.parameters_ = parameters;
  work.purpose_ = purpose;
  work.folded_ = false;
  work.block_sizes_.clear();
  work.layer_inputs_.clear();
  for (auto const& layer : layers_) {
    work.block_sizes_.push_back(work.layout().block_size(layer.inputs));
    work.layer_inputs_.push_back(layer.inputs);
  }
  work.block_sizes_.push_back(work.layout().block_size(outputs()));
}

void DenseMlp::fold(Work& work, bool drops) const {
  if (std::exchange(work.folded_, true)) return;
  FoldedFrom const now{work.kernels_, work.uses_tiles(), drops};
  auto const own = work.parameters_.subspan(parameters_.first, parameters_.size());
  if (now != work.folded_from_ || !same_bits(own, work.folded_parameters_)) {
    work.folded_from_ = now;
    work.folded_parameters_.assign(own.begin(), own.end());
    work.layers_.resize(layers_.size());
    for (std::size_t l = 0; l < layers_.size(); ++l)
      work.layers_[l].fold(layers_[l], *work.kernels_, work.parameters_, work.purpose_, drops);
  }
  for (auto& layer : work.layers_)
    if (work.training()) layer.start_training();
}

std::span<float> DenseMlp::Work::input(DenseMlp const& mlp, std::int64_t rows) {
  rows_ = rows;
  auto const n = mlp.layers_.size();
  auto const kept = training() ? n_blocks() : 1;
  auto const largest = std::ranges::max(block_sizes_);
  activations_.resize(n + 1), masks_.resize(n), dropped_.resize(n);
  means_.resize(n), rstds_.resize(n);
  for (std::size_t l = 0; l <= n; ++l)
    grow_to(activations_[l], training() ? kept * block_sizes_[l] : l < 2 ? largest : 0);
  for (std::size_t l = 0; l < n; ++l)
    grow_to(means_[l], kept * block_rows), grow_to(rstds_[l], kept * block_rows);
  std::ranges::fill(rstds_.front(), 1.0F);  // no norm before the first layer
  grow_to(gradient_, largest), grow_to(next_gradient_, largest);
  for (std::size_t l = 0; uses_tiles() && l < n; ++l)
    grow_to(prepared_[l % 2], kernels_->tiles.rows_size(layer_inputs_[l]));
  grow_to(slopes_, block_rows), grow_to(pulls_, block_rows);
  input_.resize(rows * mlp.inputs());
  return input_;
}

NormAndDrop DenseMlp::Work::norm_and_drop(std::size_t layer, std::int64_t block) {
  return {rows_of(block).size(),  layer_inputs_[layer], activation(layer, block),
          mask(layer, block),     mean(layer, block),   rstd(layer, block),
          layers_[layer].gamma(), layers_[layer].beta()};
}

/// The masks of the layers that drop units are columns of those of all.
void DenseMlp::place_masks(std::span<float const> masks, Work& work) const {
  std::int64_t column = 0, stride = n_masks();
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    if (!layers_[l].drops) continue;
    auto const width = layers_[l].inputs;
    grow_to(work.masks_[l], work.n_blocks() * work.block_sizes_[l]);
    grow_to(work.dropped_[l], work.n_blocks() * work.block_sizes_[l]);
    for (std::int64_t block = 0; block < work.n_blocks(); ++block) {
      Range const rows = work.rows_of(block);
      rows_to_block(work.layout(), masks.data() + rows.first * stride + column, stride, rows.size(),
                    width, work.mask(l, block));
    }
    column += width;
  }
}

void DenseMlp::forward_by_tiles(Work& work, std::int64_t block) const {
  auto const& tiles = work.kernels_->tiles;
  Range const rows = work.rows_of(block);
  tiles.prepare(work.input_.data() + rows.first * inputs(), rows.size(), inputs(),
                work.prepared(0));
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    auto const& layer = layers_[l];
    auto const& folded = work.layers_[l];
    bool const is_last = l + 1 == layers_.size();
    ForwardLayer const forward{
        {work.prepared(l), folded.forward(), rows.size(), layer.inputs, layer.outputs},
        work.rstd(l, block),
        folded.bias(),
        layer.slope(),
        is_last ? work.activation(l + 1, block) : work.prepared(l + 1)};
    if (is_last)
      tiles.forward(forward);
    else
      tiles.forward_hidden(forward, work.rstd(l + 1, block));
  }
}

void DenseMlp::forward_block(Work& work, std::int64_t block) const {
  if (work.uses_tiles()) return forward_by_tiles(work, block);
  auto const& kernels = *work.kernels_;
  Range const rows = work.rows_of(block);
  rows_to_block(work.layout(), work.input_.data() + rows.first * inputs(), inputs(), rows.size(),
                inputs(), work.activation(0, block));
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    auto const& layer = layers_[l];
    auto const& folded = work.layers_[l];
    if (folded.norm_is_apart())
      kernels.norm_and_drop(work.norm_and_drop(l, block), work.dropped(l, block));
    float* const output = work.activation(l + 1, block);
    ForwardLayer const forward{
        {work.factor(l, block), folded.forward(), rows.size(), layer.inputs, layer.outputs},
        work.scale(l, block),
        folded.bias(),
        layer.slope(),
        output};
    kernels.forward(forward);
    if (l + 1 < layers_.size())
      kernels.statistics(
          {output, rows.size(), layer.outputs, work.mean(l + 1, block), work.rstd(l + 1, block)});
  }
}

/// From the gradient by the output, in work.gradient_.
void DenseMlp::backward_block(Work& work, std::int64_t block, float* input_slope) const {
  auto const& kernels = *work.kernels_;
  auto const n_rows = work.rows_of(block).size();
  auto const through = [&](std::size_t l, float* gradient, float const* mean, float const* pull) {
    auto& folded = work.layers_[l];
    return ThroughActivation{n_rows,
                             layers_[l].outputs,
                             work.activation(l + 1, block),
                             mean,
                             pull,
                             work.scale(l, block),
                             folded.bias(),
                             layers_[l].slope(),
                             gradient,
                             folded.bias_sum(),
                             work.slopes_.data()};
  };
  auto const* const none = work.none_.data();
  float* gradient = work.gradient_.data();
  float* next = work.next_gradient_.data();
  kernels.through_activation(through(layers_.size() - 1, gradient, none, none));
  for (std::size_t l = layers_.size(); l-- > 0; std::swap(gradient, next)) {
    auto const& layer = layers_[l];
    auto& folded = work.layers_[l];
    kernels.add_weight_gradient({gradient, work.factor(l, block), n_rows, layer.outputs,
                                 layer.inputs, folded.weight_sum()});
    BlockProduct const product{gradient, folded.backward(), n_rows, layer.outputs, layer.inputs};
    if (l == 0) {
      if (!input_slope) break;
      kernels.multiply(product, next);
      if (folded.norm_is_apart())
        multiply_rows(work.layout(), work.mask(0, block), n_rows, inputs(), next);
      block_to_rows(work.layout(), next, n_rows, inputs(), input_slope);
    } else if (folded.norm_is_apart()) {
      kernels.multiply(product, next);
      kernels.through_norm_and_drop(work.norm_and_drop(l, block), folded.norm_sums(), next);
      kernels.through_activation(through(l - 1, next, none, none));
    } else {
      // d rstd/dh = -rstd^3 (h - mean)/n, and W' h = (y - b')/rstd.
      float const* const rstd = work.rstd(l, block);
      for (std::int64_t i = 0; i < n_rows; ++i)
        work.pulls_[i] = rstd[i] * rstd[i] * work.slopes_[i] / single(layer.inputs);
      std::fill(work.pulls_.begin() + n_rows, work.pulls_.end(), 0.0F);
      kernels.backward(product, through(l - 1, next, work.mean(l, block), work.pulls_.data()));
    }
  }
}

void DenseMlp::forward(std::span<float const> masks, Work& work, std::span<float> result) const {
  fold(work, !masks.empty());
  if (!masks.empty()) place_masks(masks, work);
  for (std::int64_t block = 0; block < work.n_blocks(); ++block) {
    forward_block(work, block);
    Range const rows = work.rows_of(block);
    block_to_rows(work.layout(), work.activation(layers_.size(), block), rows.size(), outputs(),
                  result.data() + rows.first * outputs());
  }
}

void DenseMlp::backward(std::span<float const> slope, Work& work,
                        std::span<float> input_slope) const {
  for (std::int64_t block = 0; block < work.n_blocks(); ++block) {
    Range const rows = work.rows_of(block);
    rows_to_block(work.layout(), slope.data() + rows.first * outputs(), outputs(), rows.size(),
                  outputs(), work.gradient_.data());
    backward_block(work, block,
                   input_slope.empty() ? nullptr : input_slope.data() + rows.first * inputs());
  }
}

void DenseMlp::pool(RowGroups const& groups, Work& work, std::span<float> result) const {
  fold(work, false);
  auto const width = work.layout().padded(outputs()), n = groups.components;
  std::vector<double> sums(n * width, 0.0);
  std::int64_t group = 0;
  for (std::int64_t block = 0; block < work.n_blocks(); ++block) {
    forward_block(work, block);
    Range const all = work.rows_of(block);
    for (; group < groups.size(); ++group) {
      Range const rows = overlap(groups.rows(group), all);
      work.kernels_->add_pool({rows.first - all.first, rows.last - all.first, outputs(), n,
                               groups.weights.data() + all.first * n},
                              work.activation(layers_.size(), block), sums.data());
      if (groups.rows(group).last > all.last) break;
      for (std::int64_t j = 0; j < outputs(); ++j)
        for (std::int64_t d = 0; d < n; ++d)
          result[(group * outputs() + j) * n + d] = single(sums[d * width + j]);
      std::ranges::fill(sums, 0.0);
    }
  }
}

void DenseMlp::pool_backward(RowGroups const& groups, std::span<float const> slope,
                             Work& work) const {
  auto const width = work.layout().padded(outputs()), n = groups.components;
  AlignedFloats slopes(n * width, 0.0F);
  std::int64_t group = 0;
  for (std::int64_t block = 0; block < work.n_blocks(); ++block) {
    Range const all = work.rows_of(block);
    for (; group < groups.size(); ++group) {
      Range const rows = overlap(groups.rows(group), all);
      for (std::int64_t j = 0; rows.size() > 0 && j < outputs(); ++j)
        for (std::int64_t d = 0; d < n; ++d)
          slopes[d * width + j] = slope[(group * outputs() + j) * n + d];
      work.kernels_->spread_pool({rows.first - all.first, rows.last - all.first, outputs(), n,
                                  groups.weights.data() + all.first * n},
                                 slopes.data(), work.gradient_.data());
      if (groups.rows(group).last > all.last) break;
    }
    clear_behind(work.layout(), all.size(), outputs(), work.gradient_.data());
    backward_block(work, block, nullptr);
  }
}

void DenseMlp::finish(Work const& work, std::span<float> gradient) const {
  if (!work.folded_) return;  // no rows: the sums are those of another series
  for (auto const& layer : work.layers_) layer.add_gradient(work.parameters_, gradient);
}

}  // namespace setsz
