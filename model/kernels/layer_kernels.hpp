// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

#include "model/kernels/arithmetic.hpp"
#include "pipeline/base/instruction_set.hpp"

namespace setsz {

/// Rows that go through a layer together: they and the layer's weights stay in the second-level
/// cache. A multiple of the tile rows of every instruction set.
inline constexpr std::int64_t block_rows = 96;

/// How numbers lie in memory, for vectors of `lanes` floats.
///
/// A *block* holds up to `block_rows` rows of activations or gradients: panels of `panel` columns,
/// each of shape (block_rows, panel). A *packed* matrix holds panels of shape (depth, panel), the
/// last one as narrow as whole vectors permit. Kernels then read both in the order in which they
/// lie. Columns behind the last are filled up to whole vectors; those of packed matrices and
/// biases are zero.
struct PanelLayout {
  std::int64_t lanes;
  std::int64_t tile_rows;  ///< rows that a kernel works on at a time
  std::int64_t panel;      ///< a multiple of lanes

  static std::int64_t round_up(std::int64_t n, std::int64_t unit) {
    return (n + unit - 1) / unit * unit;
  }
  std::int64_t padded(std::int64_t columns) const { return round_up(columns, lanes); }
  std::int64_t padded_rows(std::int64_t rows) const { return round_up(rows, tile_rows); }

  std::int64_t block_size(std::int64_t columns) const {
    return block_rows * round_up(columns, panel);
  }
  std::int64_t in_block(std::int64_t row, std::int64_t column) const {
    return (column / panel) * panel * block_rows + row * panel + column % panel;
  }
  std::int64_t packed_size(std::int64_t depth, std::int64_t columns) const {
    return depth * padded(columns);
  }
  /// \param columns  of the whole matrix
  std::int64_t in_packed(std::int64_t depth, std::int64_t columns, std::int64_t row,
                         std::int64_t column) const {
    std::int64_t const first = column / panel * panel;
    std::int64_t const width = padded(columns) - first < panel ? padded(columns) - first : panel;
    return first * depth + row * width + (column - first);
  }
};

/// block (rows, depth) x packed (depth, columns).
struct BlockProduct {
  float const* block;
  float const* packed;
  std::int64_t rows, depth, columns;
};

/// out = leaky(scale_i x product_ij + bias_j).
struct ForwardLayer {
  BlockProduct product;
  float const* scale;  ///< by row
  float const* bias;
  float slope;  ///< of the activation below zero; 1: none
  float* output;
};

/// Mean and 1/deviation of the rows of a block.
struct RowStatistics {
  float const* block;
  std::int64_t rows, columns;
  float* mean;
  float* rstd;  ///< 1/sqrt(variance + norm_epsilon)
};

/// From the gradient G by an activation's output z to that by the product under it.
///
/// With the norm that follows, the gradient by z is g_ij = G_ij - pull_i (z_ij - mean_i), and
/// d = g x (1 or slope) is that by y = scale_i p_ij + bias_j; z tells the sign of y and y itself.
struct ThroughActivation {
  std::int64_t rows, columns;
  float const* output;  ///< block of z
  float const* mean;    ///< by row; with a norm behind
  float const* pull;    ///< by row; zero where no norm follows
  float const* scale;   ///< by row
  float const* bias;
  float slope;
  float* gradient;     ///< block of scale_i d_ij
  float* bias_sum;     ///< += sum_i d_ij
  float* scale_slope;  ///< by row: sum_j d_ij (y_ij - bias_j)
};

/// sum += gradient^T x input over the rows: packed (padded outputs, inputs).
struct WeightGradient {
  float const* gradient;  ///< block (rows, outputs)
  float const* input;     ///< block (rows, inputs)
  std::int64_t rows, outputs, inputs;
  float* sum;
};

/// x = mask (gamma (h - mean_i) rstd_i + beta): the input of a layer whose norm is not folded into
/// its weights, because dropout stands between them.
struct NormAndDrop {
  std::int64_t rows, columns;
  float const* block;  ///< of h
  float const* mask;   ///< block
  float const* mean;   ///< by row
  float const* rstd;
  float const* gamma;  ///< padded with zeros
  float const* beta;
};
/// Where the gradients of its parameters are added up.
struct NormSums {
  float* gamma;
  float* beta;
};

/// Weights W become W diag(gamma) with rows of zero mean, biases b become b + W beta: a norm before
/// the layer is then one factor a row.
struct NormFold {
  std::int64_t inputs, outputs;
  float const* gamma;
  float const* beta;
  float* packed;  ///< (inputs, outputs)
  float* bias;    ///< (padded outputs)
};

/// Weighted sums of the rows [first, last) of a block, or their gradient.
struct RowPool {
  std::int64_t first, last, columns;
  std::int64_t components;  ///< weights of a row
  float const* weights;     ///< (rows of the block, components)
};

/// Another forward pass for prediction, with weights and the rows between layers in forms of its
/// own. Of a layer's input rows only the differences between their numbers count: a norm precedes
/// all layers but the first.
struct TileForward {
  /// Floats of the prepared weights.
  std::int64_t (*packed_size)(std::int64_t depth, std::int64_t columns) = nullptr;
  /// Floats of a block of prepared rows.
  std::int64_t (*rows_size)(std::int64_t columns) = nullptr;
  /// \param weights  by rows, (columns, depth)
  void (*pack)(float const* weights, std::int64_t depth, std::int64_t columns,
               float* packed) = nullptr;
  /// \param rows  of the first layer's input, (n_rows, columns)
  void (*prepare)(float const* rows, std::int64_t n_rows, std::int64_t columns,
                  float* prepared) = nullptr;
  /// As LayerKernels::forward, from prepared rows to a block.
  void (*forward)(ForwardLayer const&) = nullptr;
  /// To prepared rows. \param rstd  gets what LayerKernels::statistics computes
  void (*forward_hidden)(ForwardLayer const&, float* rstd) = nullptr;

  explicit operator bool() const { return forward; }
};

/// Added to the variance under the root, as in libtorch.
inline constexpr float norm_epsilon = 1e-5F;

/// What MLPs are made of, for one instruction set. Every number is computed in the same way
/// wherever its row stands: results do not depend on how rows are cut into blocks. Kernels work on
/// whole tiles: rows up to padded_rows(rows) are read and written.
struct LayerKernels {
  PanelLayout layout;
  void (*forward)(ForwardLayer const&);
  void (*statistics)(RowStatistics const&);
  /// out (block) = the product.
  void (*multiply)(BlockProduct const&, float* out);
  /// G is a product.
  void (*backward)(BlockProduct const&, ThroughActivation const&);
  /// G is what stands in `gradient`.
  void (*through_activation)(ThroughActivation const&);
  void (*add_weight_gradient)(WeightGradient const&);
  void (*norm_and_drop)(NormAndDrop const&, float* result);
  /// `gradient` by x in, by h out; h comes from a norm.
  void (*through_norm_and_drop)(NormAndDrop const&, NormSums const&, float* gradient);
  void (*fold_norm)(NormFold const&);
  /// sums (components, padded columns) += sum over rows of weight x row, in the rows' order.
  void (*add_pool)(RowPool const&, float const* block, double* sums);
  /// row = sum over components of weight x slope. \param slopes  (components, padded columns)
  void (*spread_pool)(RowPool const&, float const* slopes, float* block);
  TileForward tiles{};  ///< takes the place of `forward` in prediction, where there is one
};

/// One source each, compiled for its instructions.
LayerKernels portable_kernels();
LayerKernels avx2_kernels();
LayerKernels avx512_kernels();
/// \param arithmetic  of prediction; not single, for which avx512 is as good
LayerKernels amx_kernels(Arithmetic arithmetic);

/// \pre this processor has the instructions
/// \param arithmetic  of prediction; single where the set is not amx
LayerKernels const& layer_kernels(InstructionSet set, Arithmetic arithmetic = Arithmetic::single);

}  // namespace setsz
