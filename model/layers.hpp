// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Internal to setsz::model: the only headers that show ATen are layers.hpp and modules.hpp.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/by_hand.hpp"
#include "model/dense_mlp.hpp"
#include "model/parameters.hpp"

namespace setsz {

struct ClusterContext;

/// The parameters as tensors, in the layout's order; views of the flat array.
using Tensors = std::vector<at::Tensor>;

/// The products of all short rows of a, shape (n, k), with all of b, (m, k): shape (n, m). No BLAS,
/// whose rounding depends on n.
at::Tensor row_products(at::Tensor const& a, at::Tensor const& b);

/// Ready-made dropout masks of a chunk of targets: 0 or 1/(1 - rate), shape (n_targets, width).
/// Layers take their columns one after the other; without masks nothing is dropped.
class DropoutMasks {
 public:
  DropoutMasks() = default;
  explicit DropoutMasks(at::Tensor masks) : masks_(std::move(masks)) {}
  /// The next columns; undefined where nothing is dropped.
  at::Tensor take(std::int64_t width);

 private:
  at::Tensor masks_;
  std::int64_t column_ = 0;
};

/// factor x input, contiguous.
at::Tensor scaled(ClusterContext const& context, BackwardSteps& backward, at::Tensor const& input,
                  double factor);

struct MlpShape {
  std::int64_t inputs = 0;
  std::int64_t hidden_layers = 0;
  std::int64_t width = 0;
  std::int64_t outputs = 0;
  bool linear_head = false;  ///< the last layer has no activation
  double visible_dropout = 0;
  double dropout = 0;
  double head_scale = 1;  ///< of the initial weights of a linear head
  double head_bias = 0;   ///< the initial biases of a linear head
};

/// L + 1 perceptrons: [LayerNorm, not in the first] -> dropout -> linear -> leaky ReLU(0.01).
///
/// On a CPU by kernels of our own (DenseMlp), which differentiate by hand; the reference, and what
/// other devices run, is the same layer by layer with libtorch. One evaluation at a time.
/// \source Thiele et al. (2022), section 2
class Mlp {
 public:
  Mlp(ParameterLayout& layout, std::string const& module, std::string const& name,
      MlpShape const& shape);

  /// \param columns  the inputs side by side, shapes (rows, *), or (*): the same for all rows
  /// \param backward  of the cluster or chunk that the rows belong to
  /// \return shape (rows, outputs)
  at::Tensor operator()(ClusterContext const& context, BackwardSteps& backward,
                        Tensors const& columns, DropoutMasks* masks = nullptr) const;
  /// Kaiming-uniform weights, N(0, 0.1) biases, identity norms.
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const;
  MlpShape const& shape() const { return shape_; }
  /// The dropout rate of every column of DropoutMasks that one call takes, in order.
  std::vector<double> dropout_rates() const;

  /// The same network without libtorch, and what it needs in this evaluation.
  DenseMlp const& dense() const { return dense_; }
  DenseMlp::Work& work(ClusterContext const& context) const;
  at::Tensor reference(Tensors const& parameters, at::Tensor x, DropoutMasks* masks) const;

 private:
  struct Layer {
    std::size_t weight, bias;
    std::size_t gamma = 0, beta = 0;  ///< of the norm before it; the first layer has none
    std::int64_t inputs = 0;
    double dropout = 0;
  };
  DenseMlp make_dense(ParameterLayout const& layout) const;
  /// From the slope by the output to those by the columns of the input.
  void add_slopes(std::span<float const> slope, std::int64_t rows, DenseMlp::Work& work,
                  std::vector<std::int64_t> const& widths,
                  std::span<std::span<float> const> sums) const;

  MlpShape shape_;
  std::vector<Layer> layers_;
  DenseMlp dense_;
  mutable DenseMlp::Work work_;
  mutable std::uint64_t evaluation_ = 0;  ///< that `work_` belongs to
};

}  // namespace setsz
