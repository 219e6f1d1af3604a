// SPDX-License-Identifier: BSD-3-Clause
#include "model/folded_layer.hpp"

#include <algorithm>
#include <utility>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// In double; in four sums, which do not wait for each other.
double sum_of(std::span<float const> values) {
  double sums[4] = {};
  std::size_t k = 0;
  for (; k + 4 <= values.size(); k += 4)
    for (std::size_t i = 0; i < 4; ++i) sums[i] += real(values[k + i]);
  for (; k < values.size(); ++k) sums[0] += real(values[k]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace

void FoldedLayer::fold(DenseLayer const& layer, LayerKernels const& kernels,
                       std::span<float const> parameters, For purpose, bool drops) {
  layer_ = layer;
  layout_ = kernels.layout;
  drops_ = drops && layer.drops;
  auto const n = layer.inputs, outputs = layer.outputs;
  auto const weight = parameters.subspan(layer.weight, outputs * n);
  pack_transpose(layout_, weight, n, forward_);
  bias_.assign(layout_.padded(outputs), 0.0F);
  std::copy_n(parameters.begin() + layer.bias, outputs, bias_.begin());
  if (drops_)
    copy_norm(parameters);
  else if (layer.has_norm())
    kernels.fold_norm({n, outputs, parameters.data() + layer.gamma, parameters.data() + layer.beta,
                       forward_.data(), bias_.data()});
  has_backward_ = false;
  if (purpose == For::training || !kernels.tiles) return;
  auto const by_rows = unpacked_transpose(layout_, forward_, n, outputs);
  forward_.resize(kernels.tiles.packed_size(n, outputs));
  kernels.tiles.pack(by_rows.data(), n, outputs, forward_.data());
}

void FoldedLayer::start_training() {
  auto const n = layer_.inputs;
  if (!std::exchange(has_backward_, true))
    transpose_packed(layout_, forward_, n, layer_.outputs, backward_);
  weight_sum_.resize(layout_.packed_size(layout_.padded_rows(layer_.outputs), n));
  bias_sum_.resize(bias_.size());
  gamma_sum_.resize(gamma_.size()), beta_sum_.resize(beta_.size());
  for (auto* const sum : {&weight_sum_, &bias_sum_, &gamma_sum_, &beta_sum_})
    std::ranges::fill(*sum, 0.0F);
}

void FoldedLayer::copy_norm(std::span<float const> parameters) {
  auto const n = layer_.inputs;
  gamma_.assign(layout_.padded(n), 0.0F), beta_.assign(gamma_.size(), 0.0F);
  std::fill_n(gamma_.begin(), n, 1.0F);
  if (!layer_.has_norm()) return;
  std::copy_n(parameters.begin() + layer_.gamma, n, gamma_.begin());
  std::copy_n(parameters.begin() + layer_.beta, n, beta_.begin());
}

void FoldedLayer::copy_weight_sum(std::int64_t output, std::span<float> row) const {
  unpack_row(layout_, weight_sum_, layout_.padded_rows(layer_.outputs), output, row);
}

void FoldedLayer::add_gradient(std::span<float const> parameters, std::span<float> gradient) const {
  auto const n = layer_.inputs;
  for (std::int64_t o = 0; o < layer_.outputs; ++o) gradient[layer_.bias + o] += bias_sum_[o];
  if (layer_.has_norm() && !drops_) {
    add_folded_gradient(parameters, gradient);
    return;
  }
  std::vector<float> sum(n);
  for (std::int64_t o = 0; o < layer_.outputs; ++o) {
    copy_weight_sum(o, sum);
    float* const d_weight = gradient.data() + layer_.weight + o * n;
    for (std::int64_t k = 0; k < n; ++k) d_weight[k] += sum[k];
  }
  for (std::int64_t k = 0; layer_.has_norm() && k < n; ++k) {
    gradient[layer_.gamma + k] += gamma_sum_[k];
    gradient[layer_.beta + k] += beta_sum_[k];
  }
}

/// With C = dW' minus the means of its rows: dW = C diag(gamma) + db beta^T, dgamma = sum over rows
/// of W C, dbeta = W^T db.
void FoldedLayer::add_folded_gradient(std::span<float const> parameters,
                                      std::span<float> gradient) const {
  auto const n = layer_.inputs;
  float const* const __restrict gamma = parameters.data() + layer_.gamma;
  float const* const __restrict beta = parameters.data() + layer_.beta;
  std::vector<float> row(n), of_gamma(n), of_beta(n);
  float const* const __restrict sum = row.data();
  float* const __restrict d_gamma = of_gamma.data(), * const __restrict d_beta = of_beta.data();
  for (std::int64_t o = 0; o < layer_.outputs; ++o) {
    copy_weight_sum(o, row);
    float const* const __restrict w = parameters.data() + layer_.weight + o * n;
    float* const __restrict d_weight = gradient.data() + layer_.weight + o * n;
    auto const mean = single(sum_of(row) / real(n));
    float const d_bias = bias_sum_[o];
    for (std::int64_t k = 0; k < n; ++k) {
      float const centred = sum[k] - mean;
      d_weight[k] += centred * gamma[k] + d_bias * beta[k];
      d_gamma[k] += w[k] * centred;
      d_beta[k] += w[k] * d_bias;
    }
  }
  for (std::int64_t k = 0; k < n; ++k) {
    gradient[layer_.gamma + k] += d_gamma[k];
    gradient[layer_.beta + k] += d_beta[k];
  }
}

}  // namespace setsz
