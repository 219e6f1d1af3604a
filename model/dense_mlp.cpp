// SPDX-License-Identifier: BSD-3-Clause
#include "model/dense_mlp.hpp"

#include <algorithm>
#include <cmath>

#include "model/row_kernels.hpp"
#include "pipeline/base/number.hpp"

// The BLAS that libtorch uses too; Fortran, so matrices are by columns.
extern "C" void sgemm_(char const* trans_a, char const* trans_b, int const* m, int const* n,
                       int const* k, float const* alpha, float const* a, int const* lda,
                       float const* b, int const* ldb, float const* beta, float* c, int const* ldc);

namespace setsz {

namespace {

/// Rows that go through all layers together: their activations stay in the second-level cache.
constexpr std::int64_t block_rows = 256;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// c (rows, out) = a (rows, in) b^T, b (out, in); all by rows.
void multiply_transposed(float const* a, float const* b, float* c, std::int64_t rows,
                         std::int64_t out, std::int64_t in) {
  int const m = static_cast<int>(out), n = static_cast<int>(rows), k = static_cast<int>(in);
  float const one = 1, zero = 0;
  sgemm_("T", "N", &m, &n, &k, &one, b, &k, a, &k, &zero, c, &m);
}

/// c (rows, in) = a (rows, out) b, b (out, in).
void multiply(float const* a, float const* b, float* c, std::int64_t rows, std::int64_t out,
              std::int64_t in) {
  int const m = static_cast<int>(in), n = static_cast<int>(rows), k = static_cast<int>(out);
  float const one = 1, zero = 0;
  sgemm_("N", "N", &m, &n, &k, &one, b, &m, a, &k, &zero, c, &m);
}

/// c (out, in) += a^T b, a (rows, out), b (rows, in).
void add_product_over_rows(float const* a, float const* b, float* c, std::int64_t rows,
                           std::int64_t out, std::int64_t in) {
  int const m = static_cast<int>(in), n = static_cast<int>(out), k = static_cast<int>(rows);
  float const one = 1;
  sgemm_("N", "T", &m, &n, &k, &one, b, &m, a, &n, &one, c, &m);
}

}  // namespace

std::int64_t DenseMlp::stride(std::size_t layer) const {
  if (layer == 0) return inputs();  // as the caller fills it
  return (layers_[layer - 1].outputs + 7) / 8 * 8;
}

std::span<float> DenseMlp::Work::input(DenseMlp const& mlp, std::int64_t rows) {
  rows_ = rows;
  auto const n = mlp.layers_.size();
  activations_.resize(n + 1);
  means_.resize(n);
  rstds_.resize(n);
  for (std::size_t l = 0; l < n; ++l) {
    activations_[l].resize(at(rows * mlp.stride(l)));
    means_[l].resize(at(rows));
    rstds_[l].resize(at(rows));
  }
  output_stride_ = mlp.stride(n);
  activations_[n].resize(at(rows * output_stride_));
  output_gradient_.resize(activations_[n].size());
  return activations_.front();
}

void DenseMlp::begin(std::span<float const> parameters, Work& work) const {
  auto const n = layers_.size();
  work.weights_.resize(n), work.biases_.resize(n);
  work.weight_sums_.resize(n), work.bias_sums_.resize(n);
  for (std::size_t l = 0; l < n; ++l) {
    Layer const& layer = layers_[l];
    auto const from = [&](std::int64_t offset) { return parameters.begin() + offset; };
    std::int64_t const in = stride(l), out = stride(l + 1);
    auto& weights = work.weights_[l];
    auto& biases = work.biases_[l];
    weights.assign(at(out * in), 0);
    biases.assign(at(out), 0);
    work.weight_sums_[l].assign(weights.size(), 0);
    work.bias_sums_[l].assign(biases.size(), 0);
    for (std::int64_t o = 0; o < layer.outputs; ++o)
      std::copy_n(from(layer.weight + o * layer.inputs), layer.inputs, weights.begin() + o * in);
    std::copy_n(from(layer.bias), layer.outputs, biases.begin());
    if (layer.gamma < 0) continue;
    auto const gamma = from(layer.gamma), beta = from(layer.beta);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      float* const row = weights.data() + o * in;
      double mean = 0, shift = 0;
      for (std::int64_t k = 0; k < layer.inputs; ++k) {
        shift += real(row[k]) * real(beta[k]);
        row[k] *= gamma[k];
        mean += real(row[k]);
      }
      mean /= real(layer.inputs);
      for (std::int64_t k = 0; k < layer.inputs; ++k) row[k] -= single(mean);
      biases[at(o)] += single(shift);
    }
  }
}

void DenseMlp::forward(Work& work) const {
  for (std::int64_t first = 0; first < work.rows_; first += block_rows)
    forward_block(work, first, std::min(block_rows, work.rows_ - first));
}

void DenseMlp::forward_block(Work& work, std::int64_t first, std::int64_t rows) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer const& layer = layers_[l];
    std::int64_t const in = stride(l), out = stride(l + 1);
    float const* const h = work.activations_[l].data() + first * in;
    float* const y = work.activations_[l + 1].data() + first * out;
    multiply_transposed(h, work.weights_[l].data(), y, rows, out, in);
    bool const norm = layer.gamma >= 0;
    bool const norm_follows = l + 1 < layers_.size();
    for (std::int64_t i = 0; i < rows; ++i) {
      float const scale = norm ? work.rstds_[l][at(first + i)] : 1.0F;
      RowStatistics const statistics =
          finish_row(y + i * out, work.biases_[l].data(), layer.outputs, scale,
                     layer.activate ? leaky_slope : 1.0F, norm_follows);
      if (norm_follows) {
        work.means_[l + 1][at(first + i)] = statistics.mean;
        work.rstds_[l + 1][at(first + i)] = statistics.rstd;
      }
    }
  }
}

void DenseMlp::backward(Work& work) const {
  std::int64_t widest = 0;
  for (std::size_t l = 0; l <= layers_.size(); ++l) widest = std::max(widest, stride(l));
  work.block_.resize(at(block_rows * widest));
  work.next_block_.resize(work.block_.size());
  for (std::int64_t first = 0; first < work.rows_; first += block_rows)
    backward_block(work, first, std::min(block_rows, work.rows_ - first));
}

void DenseMlp::backward_block(Work& work, std::int64_t first, std::int64_t rows) const {
  float* dy = work.block_.data();
  float* dh = work.next_block_.data();
  std::int64_t const last = stride(layers_.size());
  std::copy_n(work.output_gradient_.data() + first * last, rows * last, dy);
  std::vector<float> pulls(at(rows));
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Layer const& layer = layers_[l];
    bool const norm = layer.gamma >= 0;
    std::int64_t const in = stride(l), out = stride(l + 1);
    float const* const h = work.activations_[l].data() + first * in;
    float const* const z = work.activations_[l + 1].data() + first * out;
    // From the gradient after the activation to rstd x the gradient before it.
    work.block_bias_sum_.assign(at(out), 0);
    for (std::int64_t i = 0; i < rows; ++i) {
      float const rstd = norm ? work.rstds_[l][at(first + i)] : 1.0F;
      pulls[at(i)] = through_activation(dy + i * out, z + i * out, work.biases_[l].data(),
                                        work.block_bias_sum_.data(), layer.outputs, rstd,
                                        layer.activate ? leaky_slope : 1.0F);
    }
    for (std::size_t o = 0; o < work.block_bias_sum_.size(); ++o)
      work.bias_sums_[l][o] += work.block_bias_sum_[o];
    add_product_over_rows(dy, h, work.weight_sums_[l].data(), rows, out, in);
    if (l == 0) break;
    multiply(dy, work.weights_[l].data(), dh, rows, out, in);
    if (norm)
      for (std::int64_t i = 0; i < rows; ++i) {
        // d rstd / dh = -rstd^3 (h - mean)/n, and (W' h) = (y - b')/rstd.
        float const rstd = work.rstds_[l][at(first + i)];
        subtract_scaled_deviation(dh + i * in, h + i * in, layer.inputs,
                                  work.means_[l][at(first + i)],
                                  rstd * rstd * pulls[at(i)] / single(layer.inputs));
      }
    std::swap(dy, dh);
  }
}

void DenseMlp::finish(std::span<float const> parameters, Work const& work,
                      std::span<float> gradient) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer const& layer = layers_[l];
    auto const& bias_sum = work.bias_sums_[l];
    float* const d_weight = gradient.data() + layer.weight;
    for (std::int64_t o = 0; o < layer.outputs; ++o)
      gradient[at(layer.bias + o)] += bias_sum[at(o)];
    if (layer.gamma < 0) {
      for (std::int64_t o = 0; o < layer.outputs; ++o)
        for (std::int64_t k = 0; k < layer.inputs; ++k)
          d_weight[o * layer.inputs + k] += work.weight_sums_[l][at(o * stride(l) + k)];
      continue;
    }
    float const* const weight = parameters.data() + layer.weight;
    float const* const gamma = parameters.data() + layer.gamma;
    float const* const beta = parameters.data() + layer.beta;
    float* const d_gamma = gradient.data() + layer.gamma;
    float* const d_beta = gradient.data() + layer.beta;
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
      float const* const sum = work.weight_sums_[l].data() + o * stride(l);
      float const* const w = weight + o * layer.inputs;
      double mean = 0;
      for (std::int64_t k = 0; k < layer.inputs; ++k) mean += real(sum[k]);
      mean /= real(layer.inputs);
      for (std::int64_t k = 0; k < layer.inputs; ++k) {
        float const centred = sum[k] - single(mean);
        d_weight[o * layer.inputs + k] += centred * gamma[k] + bias_sum[at(o)] * beta[k];
        d_gamma[k] += w[k] * centred;
        d_beta[k] += w[k] * bias_sum[at(o)];
      }
    }
  }
}

}  // namespace setsz
