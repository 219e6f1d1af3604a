// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/kernels/packing.hpp"

namespace setsz {

/// The slope of leaky ReLUs below zero.
inline constexpr float leaky_slope = 0.01F;

/// A layer of an MLP, as offsets of its tensors in the flat array of parameters.
struct DenseLayer {
  std::int64_t inputs = 0, outputs = 0;
  std::int64_t weight = 0, bias = 0;   ///< (outputs, inputs) row-major; (outputs)
  std::int64_t gamma = -1, beta = -1;  ///< (inputs); < 0: no norm before this layer
  bool activate = true;
  bool drops = false;  ///< units of its input, in training

  bool has_norm() const { return gamma >= 0; }
  float slope() const { return activate ? leaky_slope : 1; }
};

/// The weights of a layer y = W LN(h) + b, ready for the kernels, and the sums of their gradients.
///
/// The norm is folded exactly into the weights: W' = W diag(gamma) with rows of zero mean (which
/// does the centring) and b' = b + W beta, so that y = rstd (W' h) + b', and a norm costs one
/// number a row. Where dropout stands between norm and weights, W' = W, and the norm is applied to
/// the rows.
class FoldedLayer {
 public:
  enum class For { prediction, training };
  /// Makes the weights, in the memory of those before.
  /// \param drops  does this evaluation drop units?
  void fold(DenseLayer const& layer, LayerKernels const& kernels, std::span<float const> parameters,
            For purpose, bool drops);
  /// Before a series of gradients. \pre weights for training, or for kernels without tiles
  void start_training();

  bool norm_is_apart() const { return drops_; }
  /// (inputs, outputs): packed, or in tiles.
  float const* forward() const { return forward_.data(); }
  float const* backward() const { return backward_.data(); }  ///< packed (outputs, inputs)
  float const* bias() const { return bias_.data(); }
  float const* gamma() const { return gamma_.data(); }  ///< of a norm apart; 1 where there is none
  float const* beta() const { return beta_.data(); }
  float* weight_sum() { return weight_sum_.data(); }
  float* bias_sum() { return bias_sum_.data(); }
  NormSums norm_sums() { return {gamma_sum_.data(), beta_sum_.data()}; }

  /// Adds the gradient with respect to the parameters.
  void add_gradient(std::span<float const> parameters, std::span<float> gradient) const;

 private:
  void copy_norm(std::span<float const> parameters);
  void add_folded_gradient(std::span<float const> parameters, std::span<float> gradient) const;
  /// Row `output` of the sum of the gradients of W'.
  void copy_weight_sum(std::int64_t output, std::span<float> row) const;

  DenseLayer layer_{};
  PanelLayout layout_{};
  bool drops_ = false;
  bool has_backward_ = false;  ///< are the weights in `backward_`, too?
  AlignedFloats forward_, backward_, bias_, gamma_, beta_;
  AlignedFloats weight_sum_, bias_sum_, gamma_sum_, beta_sum_;
};

}  // namespace setsz
