// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace setsz {

/// An MLP over many rows, forward and backward by hand: what particles go through.
///
/// Layers are y = W LN(h) + b, then a leaky ReLU (slope 0.01); the first has no LayerNorm. The norm
/// is folded exactly into the weights, W' = W diag(gamma) with rows of zero mean (which does the
/// centring) and b' = b + W beta, so that y = rstd (W' h) + b' and a norm costs one number a row.
/// Rows go through all layers in blocks that stay in the cache; products are the BLAS's. Inside,
/// rows are padded with zeros to a multiple of 8 columns, which its kernels like.
class DenseMlp {
 public:
  /// Offsets of a layer's tensors in the flat array of parameters.
  struct Layer {
    std::int64_t inputs = 0, outputs = 0;
    std::int64_t weight = 0, bias = 0;   ///< (outputs, inputs) row-major; (outputs)
    std::int64_t gamma = -1, beta = -1;  ///< (inputs); < 0: no norm before this layer
    bool activate = true;
  };
  explicit DenseMlp(std::vector<Layer> layers) : layers_(std::move(layers)) {}

  std::int64_t inputs() const { return layers_.front().inputs; }
  std::int64_t outputs() const { return layers_.back().outputs; }

  /// The state of an evaluation: folded weights, activations, sums of gradients. Reused.
  class Work {
   public:
    /// The input rows of the next `forward`, to be filled by the caller: shape (rows, inputs).
    std::span<float> input(DenseMlp const& mlp, std::int64_t rows);
    /// A row of the output of the last `forward`, and the gradient with respect to it, to be
    /// filled for `backward`: `outputs` numbers.
    float const* output(std::int64_t row) const {
      return activations_.back().data() + row * output_stride_;
    }
    float* output_gradient(std::int64_t row) {
      return output_gradient_.data() + row * output_stride_;
    }

   private:
    friend class DenseMlp;
    std::int64_t rows_ = 0;
    std::int64_t output_stride_ = 0;
    std::vector<std::vector<float>> weights_, biases_;         ///< folded, by layer
    std::vector<std::vector<float>> weight_sums_, bias_sums_;  ///< gradients of the folded ones
    std::vector<std::vector<float>> activations_;    ///< input of every layer, then the output
    std::vector<std::vector<float>> means_, rstds_;  ///< of the rows of each layer's input
    std::vector<float> output_gradient_, block_, next_block_, block_bias_sum_;
  };

  /// Once before a series of evaluations: folds the weights, clears the sums.
  void begin(std::span<float const> parameters, Work& work) const;
  /// From work.input() to work.output().
  void forward(Work& work) const;
  /// Adds to the sums; of the rows of the last `forward`.
  void backward(Work& work) const;
  /// Once after the series: adds the gradient with respect to the parameters.
  void finish(std::span<float const> parameters, Work const& work, std::span<float> gradient) const;

 private:
  /// Distance of rows in the input of a layer; in the output for `layer` = number of layers.
  std::int64_t stride(std::size_t layer) const;
  void forward_block(Work& work, std::int64_t first, std::int64_t rows) const;
  void backward_block(Work& work, std::int64_t first, std::int64_t rows) const;

  std::vector<Layer> layers_;
};

}  // namespace setsz
