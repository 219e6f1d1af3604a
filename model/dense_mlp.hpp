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

/// An MLP over many rows, forward and backward by hand.
///
/// Layers are y = W LN(h) + b, then a leaky ReLU; the first has no LayerNorm. Rows go through all
/// layers in blocks that stay in the cache, by kernels of our own (LayerKernels): results depend on
/// the instruction set alone, not on a BLAS, nor on how rows are cut into calls.
class DenseMlp {
 public:
  explicit DenseMlp(std::vector<DenseLayer> layers);

  std::int64_t inputs() const { return layers_.front().inputs; }
  std::int64_t outputs() const { return layers_.back().outputs; }
  /// Factors of the inputs of layers that drop units, one after the other: columns of masks.
  std::int64_t n_masks() const;

  /// The state of an evaluation: folded weights, activations, sums of gradients. Reused.
  class Work;

  /// Once before a series of evaluations. \param parameters  must live until `finish`
  void begin(std::span<float const> parameters, FoldedLayer::For purpose, Work& work,
             LayerKernels const& kernels = layer_kernels(instruction_set())) const;
  /// From work.input() to the output, shape (rows, outputs).
  /// \param masks  shape (rows, n_masks); empty: nothing is dropped. In a series always or never.
  void forward(std::span<float const> masks, Work& work, std::span<float> result) const;
  /// Adds to the sums of gradients, of the rows of the last `forward`.
  /// \param slope  with respect to its result
  /// \param input_slope  gets that with respect to the input; may be empty
  void backward(std::span<float const> slope, Work& work, std::span<float> input_slope) const;
  /// Weighted sums of the outputs of each group, from work.input().
  /// \param result  (n_groups, outputs, components); zero for a group without rows
  void pool(RowGroups const& groups, Work& work, std::span<float> result) const;
  /// Adds to the sums of gradients, of the rows of the last `pool`.
  /// \param slope  with respect to its result
  void pool_backward(RowGroups const& groups, std::span<float const> slope, Work& work) const;
  /// Once after the series: adds the gradient with respect to the parameters.
  void finish(Work const& work, std::span<float> gradient) const;

 private:
  void fold(Work& work, bool drops) const;
  void place_masks(std::span<float const> masks, Work& work) const;
  void forward_block(Work& work, std::int64_t block) const;
  void forward_by_tiles(Work& work, std::int64_t block) const;
  /// \param input_slope  gets that by the block's input rows; nullptr: not needed
  void backward_block(Work& work, std::int64_t block, float* input_slope) const;

  /// What folded weights depend on, beside the parameters.
  struct FoldedFrom {
    LayerKernels const* kernels = nullptr;
    bool tiles = false, drops = false;
    bool operator==(FoldedFrom const&) const = default;
  };

  std::vector<DenseLayer> layers_;
  Range parameters_;  ///< of all layers in the flat array
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
  float* dropped(std::size_t layer, std::int64_t block) {
    return dropped_[layer].data() + block * block_sizes_[layer];
  }
  float* mask(std::size_t layer, std::int64_t block) {
    return masks_[layer].data() + block * block_sizes_[layer];
  }
  /// What a layer multiplies, and the factor of its product by row.
  float const* factor(std::size_t layer, std::int64_t block) {
    return layers_[layer].norm_is_apart() ? dropped(layer, block) : activation(layer, block);
  }
  float const* scale(std::size_t layer, std::int64_t block) {
    return layers_[layer].norm_is_apart() ? ones_.data() : rstd(layer, block);
  }
  float* prepared(std::size_t layer) { return prepared_[layer % 2].data(); }
  bool uses_tiles() const { return !training() && kernels_->tiles; }
  NormAndDrop norm_and_drop(std::size_t layer, std::int64_t block);
  float* at(AlignedFloats& statistics, std::int64_t block) const {
    return statistics.data() + (training() ? block * block_rows : 0);
  }

  LayerKernels const* kernels_ = nullptr;
  std::span<float const> parameters_;
  FoldedLayer::For purpose_ = FoldedLayer::For::prediction;
  std::int64_t rows_ = 0;
  std::vector<float> input_;
  /// Kept for the next series, which may have the same weights: lanes of a step share them.
  std::vector<FoldedLayer> layers_;
  FoldedFrom folded_from_;
  std::vector<float> folded_parameters_;
  bool folded_ = false;  ///< for this series
  std::vector<std::int64_t> layer_inputs_, block_sizes_;
  std::vector<AlignedFloats> activations_, means_, rstds_;
  std::vector<AlignedFloats> masks_, dropped_;  ///< of the input of layers that drop units
  AlignedFloats gradient_, next_gradient_;      ///< blocks
  AlignedFloats slopes_, pulls_;                ///< by row of a block
  AlignedFloats prepared_[2];  ///< the rows between layers in the form of TileForward
  AlignedFloats const none_ = AlignedFloats(block_rows, 0.0F);
  AlignedFloats const ones_ = AlignedFloats(block_rows, 1.0F);
};

}  // namespace setsz
