// SPDX-License-Identifier: BSD-3-Clause
#include "model/folded_layer.hpp"

#include <algorithm>

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

FoldedLayer::FoldedLayer(DenseLayer const& layer, PanelLayout const& layout,
                         std::span<float const> parameters, For purpose)
    : layer_(layer), layout_(layout), bias_(layout.padded(layer.outputs)) {
  auto const n = layer.inputs;
  auto const weight = parameters.subspan(layer.weight, layer.outputs * n);
  std::vector<float> folded(weight.begin(), weight.end());
  std::copy_n(parameters.begin() + layer.bias, layer.outputs, bias_.begin());
  for (std::int64_t o = 0; layer.has_norm() && o < layer.outputs; ++o) {
    float* const row = folded.data() + o * n;
    float const* const gamma = parameters.data() + layer.gamma;
    bias_[o] += single(dot(row, parameters.data() + layer.beta, n));
    auto const mean = single(dot(row, gamma, n) / real(n));
    for (std::int64_t k = 0; k < n; ++k) row[k] = row[k] * gamma[k] - mean;
  }
  forward_ = packed_transpose(layout, folded, n);
  if (purpose == For::prediction) return;
  backward_ = packed(layout, folded, n);
  weight_sum_.resize(layout.packed_size(layout.padded_rows(layer.outputs), n));
  bias_sum_.resize(bias_.size());
}

void FoldedLayer::add_gradient(std::span<float const> parameters, std::span<float> gradient) const {
  auto const n = layer_.inputs;
  auto const sums =
      unpacked(layout_, weight_sum_, layout_.padded_rows(layer_.outputs), layer_.outputs, n);
  std::vector<float> const ones(n, 1.0F);
  for (std::int64_t o = 0; o < layer_.outputs; ++o) {
    float const bias_sum = bias_sum_[o];
    float const* const sum = sums.data() + o * n;
    float* const d_weight = gradient.data() + layer_.weight + o * n;
    gradient[layer_.bias + o] += bias_sum;
    if (!layer_.has_norm()) {
      for (std::int64_t k = 0; k < n; ++k) d_weight[k] += sum[k];
      continue;
    }
    float const* const w = parameters.data() + layer_.weight + o * n;
    float const* const gamma = parameters.data() + layer_.gamma;
    float const* const beta = parameters.data() + layer_.beta;
    float* const d_gamma = gradient.data() + layer_.gamma;
    float* const d_beta = gradient.data() + layer_.beta;
    auto const mean = single(dot(sum, ones.data(), n) / real(n));
    for (std::int64_t k = 0; k < n; ++k) {
      float const centred = sum[k] - mean;
      d_weight[k] += centred * gamma[k] + bias_sum * beta[k];
      d_gamma[k] += w[k] * centred;
      d_beta[k] += w[k] * bias_sum;
    }
  }
}

}  // namespace setsz
