// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/folded_layer.hpp"
#include "pipeline/base/range.hpp"

namespace setsz {

/// Groups of successive rows, and the weights with which the rows of a group are added up.
struct RowGroups {
  std::vector<std::int64_t> first;  ///< (n_groups + 1), ascending from 0
  std::vector<float> weights{};     ///< (n_rows, components)
  std::int64_t components = 1;      ///< weights of a row

  std::int64_t size() const { return std::ssize(first) - 1; }
  std::int64_t n_rows() const { return first.back(); }
  Range rows(std::int64_t group) const { return {first[group], first[group + 1]}; }
};

/// An MLP over many rows, forward and backward by hand: what particles go through.
///
/// Layers are y = W LN(h) + b, then a leaky ReLU; the first has no LayerNorm. Rows go through all
/// layers in blocks that stay in the cache, by kernels of our own (LayerKernels): results depend on
/// the instruction set alone, not on a BLAS, nor on how rows are cut into calls.
class DenseMlp {
 public:
  explicit DenseMlp(std::vector<DenseLayer> layers) : layers_(std::move(layers)) {}

  std::int64_t inputs() const { return layers_.front().inputs; }
  std::int64_t outputs() const { return layers_.back().outputs; }

  /// The state of an evaluation: folded weights, activations, sums of gradients. Reused.
  class Work;

  /// Once before a series of evaluations: folds the weights, clears the sums.
  void begin(std::span<float const> parameters, FoldedLayer::For purpose, Work& work,
             InstructionSet set = instruction_set()) const;
  /// Weighted sums of the rows of each group, from work.input().
  /// \param result  (n_groups, outputs, components); zero for a group without rows
  void pool(RowGroups const& groups, Work& work, std::span<float> result) const;
  /// Adds to the sums of gradients, of the rows of the last `pool`.
  /// \param slope  with respect to its result
  void pool_backward(RowGroups const& groups, std::span<float const> slope, Work& work) const;
  /// Once after the series: adds the gradient with respect to the parameters.
  void finish(std::span<float const> parameters, Work const& work, std::span<float> gradient) const;

 private:
  void forward_block(Work& work, std::int64_t block) const;
  void backward_block(Work& work, std::int64_t block) const;

  std::vector<DenseLayer> layers_;
};

class DenseMlp::Work {
 public:
  /// The input rows of the next evaluation, to be filled by the caller: shape (rows, inputs).
  std::span<float> input(DenseMlp const& mlp, std::int64_t rows);

 private:
  friend class DenseMlp;

  bool training() const { return purpose_ == FoldedLayer::For::training; }
  PanelLayout const& layout() const { return kernels_->layout; }
  std::int64_t n_blocks() const { return (rows_ + block_rows - 1) / block_rows; }
  Range rows_of(std::int64_t block) const {
    auto const first = block * block_rows;
    return {first, first + block_rows < rows_ ? first + block_rows : rows_};
  }
  /// A block of the input of a layer; of the output for `layer` = number of layers. Kept for all
  /// blocks in training, else for as long as the next layer needs it.
  float* activation(std::size_t layer, std::int64_t block) {
    return training() ? activations_[layer].data() + block * block_sizes_[layer]
                      : activations_[layer % 2].data();
  }
  /// Statistics of the rows of a layer's input.
  float* mean(std::size_t layer, std::int64_t block) { return at(means_[layer], block); }
  float* rstd(std::size_t layer, std::int64_t block) { return at(rstds_[layer], block); }
  float* at(AlignedFloats& statistics, std::int64_t block) const {
    return statistics.data() + (training() ? block * block_rows : 0);
  }

  LayerKernels const* kernels_ = nullptr;
  FoldedLayer::For purpose_ = FoldedLayer::For::prediction;
  std::int64_t rows_ = 0;
  std::vector<float> input_;
  std::vector<FoldedLayer> layers_;
  std::vector<std::int64_t> block_sizes_;
  std::vector<AlignedFloats> activations_, means_, rstds_;
  AlignedFloats gradient_, next_gradient_;  ///< blocks
  AlignedFloats slopes_, pulls_, none_;     ///< by row of a block
};

}  // namespace setsz
