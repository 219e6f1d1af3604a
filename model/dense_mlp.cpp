// SPDX-License-Identifier: BSD-3-Clause
#include "model/dense_mlp.hpp"

#include <algorithm>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

void grow_to(AlignedFloats& floats, std::int64_t n) {
  if (std::ssize(floats) < n) floats.resize(n);
}

Range overlap(Range a, Range b) {
  auto const first = std::max(a.first, b.first);
  return {first, std::max(first, std::min(a.last, b.last))};
}

}  // namespace

void DenseMlp::begin(std::span<float const> parameters, FoldedLayer::For purpose, Work& work,
                     InstructionSet set) const {
  work.kernels_ = &layer_kernels(set);
  work.purpose_ = purpose;
  work.layers_.clear();
  work.block_sizes_.clear();
  for (auto const& layer : layers_) {
    work.layers_.emplace_back(layer, work.layout(), parameters, purpose);
    work.block_sizes_.push_back(work.layout().block_size(layer.inputs));
  }
  work.block_sizes_.push_back(work.layout().block_size(outputs()));
  auto const largest = std::ranges::max(work.block_sizes_);
  work.gradient_.resize(largest), work.next_gradient_.resize(largest);
  work.slopes_.resize(block_rows), work.pulls_.resize(block_rows);
  work.none_.assign(block_rows, 0);
}

std::span<float> DenseMlp::Work::input(DenseMlp const& mlp, std::int64_t rows) {
  rows_ = rows;
  auto const n = layers_.size();
  auto const kept = training() ? n_blocks() : 1;
  activations_.resize(n + 1), means_.resize(n), rstds_.resize(n);
  auto const largest = std::ranges::max(block_sizes_);
  for (std::size_t l = 0; l <= n; ++l)
    grow_to(activations_[l], training() ? kept * block_sizes_[l] : l < 2 ? largest : 0);
  for (std::size_t l = 0; l < n; ++l)
    grow_to(means_[l], kept * block_rows), grow_to(rstds_[l], kept * block_rows);
  std::ranges::fill(rstds_.front(), 1.0F);  // no norm before the first layer
  input_.resize(rows * mlp.inputs());
  return input_;
}

void DenseMlp::forward_block(Work& work, std::int64_t block) const {
  auto const& kernels = *work.kernels_;
  Range const rows = work.rows_of(block);
  rows_to_block(work.layout(), work.input_.data() + rows.first * inputs(), rows.size(), inputs(),
                work.activation(0, block));
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    auto const& layer = layers_[l];
    auto const& folded = work.layers_[l];
    float* const output = work.activation(l + 1, block);
    kernels.forward(
        {{work.activation(l, block), folded.forward(), rows.size(), layer.inputs, layer.outputs},
         work.rstd(l, block),
         folded.bias(),
         layer.slope(),
         output});
    if (l + 1 < layers_.size())
      kernels.statistics(
          {output, rows.size(), layer.outputs, work.mean(l + 1, block), work.rstd(l + 1, block)});
  }
}

/// From the gradient by the output, in work.gradient_.
void DenseMlp::backward_block(Work& work, std::int64_t block) const {
  auto const& kernels = *work.kernels_;
  auto const n_rows = work.rows_of(block).size();
  /// Through the activation of layer l; its output goes through a norm into the next one.
  auto const through = [&](std::size_t l, float* gradient, float const* mean, float const* pull) {
    auto& folded = work.layers_[l];
    return ThroughActivation{n_rows,
                             layers_[l].outputs,
                             work.activation(l + 1, block),
                             mean,
                             pull,
                             work.rstd(l, block),
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
  for (std::size_t l = layers_.size(); l-- > 0;) {
    auto const& layer = layers_[l];
    auto& folded = work.layers_[l];
    kernels.add_weight_gradient({gradient, work.activation(l, block), n_rows, layer.outputs,
                                 layer.inputs, folded.weight_sum()});
    if (l == 0) break;
    // d rstd/dh = -rstd^3 (h - mean)/n, and W' h = (y - b')/rstd.
    float const* const rstd = work.rstd(l, block);
    for (std::int64_t i = 0; i < n_rows; ++i)
      work.pulls_[i] = rstd[i] * rstd[i] * work.slopes_[i] / single(layer.inputs);
    std::fill(work.pulls_.begin() + n_rows, work.pulls_.end(), 0.0F);
    kernels.backward({gradient, folded.backward(), n_rows, layer.outputs, layer.inputs},
                     through(l - 1, next, work.mean(l, block), work.pulls_.data()));
    std::swap(gradient, next);
  }
}

void DenseMlp::pool(RowGroups const& groups, Work& work, std::span<float> result) const {
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
    backward_block(work, block);
  }
}

void DenseMlp::finish(std::span<float const> parameters, Work const& work,
                      std::span<float> gradient) const {
  for (auto const& layer : work.layers_) layer.add_gradient(parameters, gradient);
}

}  // namespace setsz
