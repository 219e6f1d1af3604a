// SPDX-License-Identifier: BSD-3-Clause
#include "model/folded_layer.hpp"

#include <algorithm>
#include <cstring>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// Of n products, in double; in four sums, which do not wait for each other.
double dot(float const* a, float const* b, std::int64_t n) {
  double sums[4] = {};
  std::int64_t k = 0;
  for (; k + 4 <= n; k += 4)
    for (std::int64_t i = 0; i < 4; ++i) sums[i] += real(a[k + i]) * real(b[k + i]);
  for (; k < n; ++k) sums[0] += real(a[k]) * real(b[k]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace

FoldedLayer::FoldedLayer(DenseLayer const& layer, LayerKernels const& kernels,
                         std::span<float const> parameters, For purpose, bool drops)
    : layer_(layer),
      kernels_(&kernels),
      layout_(kernels.layout),
      purpose_(purpose),
      drops_(drops && layer.drops),
      bias_(kernels.layout.padded(layer.outputs)) {
  for (auto const& tensor : tensors(parameters))
    source_.insert(source_.end(), tensor.begin(), tensor.end());
  auto const n = layer.inputs, outputs = layer.outputs;
  auto const weight = parameters.subspan(layer.weight, outputs * n);
  std::vector<float> weights(weight.begin(), weight.end());
  std::copy_n(parameters.begin() + layer.bias, outputs, bias_.begin());
  if (drops_) {
    gamma_.resize(layout_.padded(n)), beta_.resize(gamma_.size());
    gamma_sum_.resize(gamma_.size()), beta_sum_.resize(gamma_.size());
    std::fill_n(gamma_.begin(), n, 1.0F);
    if (layer.has_norm()) {
      std::copy_n(parameters.begin() + layer.gamma, n, gamma_.begin());
      std::copy_n(parameters.begin() + layer.beta, n, beta_.begin());
    }
  } else if (layer.has_norm()) {
    fold(parameters, weights);
  }
  if (purpose == For::prediction && kernels.tiles) {
    forward_.resize(kernels.tiles.packed_size(n, outputs));
    kernels.tiles.pack(weights.data(), n, outputs, forward_.data());
    return;
  }
  forward_ = packed_transpose(layout_, weights, n);
  if (purpose == For::prediction) return;
  backward_ = packed(layout_, weights, n);
  weight_sum_.resize(layout_.packed_size(layout_.padded_rows(outputs), n));
  bias_sum_.resize(bias_.size());
}

std::array<std::span<float const>, 4> FoldedLayer::tensors(
    std::span<float const> parameters) const {
  auto const n = layer_.inputs, outputs = layer_.outputs, n_norm = layer_.has_norm() ? n : 0;
  auto const norm = [&](std::int64_t first) {
    return parameters.subspan(n_norm ? first : 0, n_norm);
  };
  return {parameters.subspan(layer_.weight, outputs * n), parameters.subspan(layer_.bias, outputs),
          norm(layer_.gamma), norm(layer_.beta)};
}

/// By bits: what is not a number is folded once, too.
bool FoldedLayer::is_of(LayerKernels const& kernels, std::span<float const> parameters, For purpose,
                        bool drops) const {
  if (kernels_ != &kernels || purpose_ != purpose || drops_ != (drops && layer_.drops))
    return false;
  float const* known = source_.data();
  for (auto const& tensor : tensors(parameters)) {
    if (!tensor.empty() && std::memcmp(known, tensor.data(), tensor.size_bytes()) != 0)
      return false;
    known += tensor.size();
  }
  return true;
}

void FoldedLayer::start() {
  for (auto* const sum : {&weight_sum_, &bias_sum_, &gamma_sum_, &beta_sum_})
    std::ranges::fill(*sum, 0.0F);
}

void FoldedLayer::fold(std::span<float const> parameters, std::vector<float>& weights) {
  auto const n = layer_.inputs;
  float const* const gamma = parameters.data() + layer_.gamma;
  for (std::int64_t o = 0; o < layer_.outputs; ++o) {
    float* const row = weights.data() + o * n;
    bias_[o] += single(dot(row, parameters.data() + layer_.beta, n));
    auto const mean = single(dot(row, gamma, n) / real(n));
    for (std::int64_t k = 0; k < n; ++k) row[k] = row[k] * gamma[k] - mean;
  }
}

void FoldedLayer::add_gradient(std::span<float const> parameters, std::span<float> gradient) const {
  auto const n = layer_.inputs;
  auto const sums =
      unpacked(layout_, weight_sum_, layout_.padded_rows(layer_.outputs), layer_.outputs, n);
  for (std::int64_t o = 0; o < layer_.outputs; ++o) gradient[layer_.bias + o] += bias_sum_[o];
  if (layer_.has_norm() && !drops_) {
    add_folded_gradient(parameters, sums, gradient);
    return;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) gradient[layer_.weight + i] += sums[i];
  for (std::int64_t k = 0; layer_.has_norm() && k < n; ++k) {
    gradient[layer_.gamma + k] += gamma_sum_[k];
    gradient[layer_.beta + k] += beta_sum_[k];
  }
}

/// With C = dW' minus the means of its rows: dW = C diag(gamma) + db beta^T, dgamma = sum over rows
/// of W C, dbeta = W^T db.
void FoldedLayer::add_folded_gradient(std::span<float const> parameters,
                                      std::span<float const> sums,
                                      std::span<float> gradient) const {
  auto const n = layer_.inputs;
  float const* const gamma = parameters.data() + layer_.gamma;
  float const* const beta = parameters.data() + layer_.beta;
  float* const d_gamma = gradient.data() + layer_.gamma;
  float* const d_beta = gradient.data() + layer_.beta;
  std::vector<float> const ones(n, 1.0F);
  for (std::int64_t o = 0; o < layer_.outputs; ++o) {
    float const* const sum = sums.data() + o * n;
    float const* const w = parameters.data() + layer_.weight + o * n;
    float* const d_weight = gradient.data() + layer_.weight + o * n;
    auto const mean = single(dot(sum, ones.data(), n) / real(n));
    for (std::int64_t k = 0; k < n; ++k) {
      float const centred = sum[k] - mean;
      d_weight[k] += centred * gamma[k] + bias_sum_[o] * beta[k];
      d_gamma[k] += w[k] * centred;
      d_beta[k] += w[k] * bias_sum_[o];
    }
  }
}

}  // namespace setsz
