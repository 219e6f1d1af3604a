// SPDX-License-Identifier: BSD-3-Clause
#include "model/row_kernels.hpp"

#include <cmath>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

// Sums over a row are kept in as many lanes as the widest registers hold, so that every instruction
// set adds in the same order.

namespace setsz {

namespace {

constexpr std::int64_t lanes = 16;

inline float total(float const (&sums)[lanes]) {
  float sum = 0;
  for (float const x : sums) sum += x;
  return sum;
}

}  // namespace

SETSZ_DISPATCH
RowStatistics finish_row(float* __restrict y, float const* __restrict bias, std::int64_t n,
                         float scale, float slope, bool want_statistics) {
  float sums[lanes] = {};
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes)
    for (std::int64_t k = 0; k < lanes; ++k) {
      float const x = scale * y[j + k] + bias[j + k];
      float const z = x > 0 ? x : slope * x;
      y[j + k] = z;
      sums[k] += z;
    }
  for (std::int64_t k = 0; j < n; ++j, ++k) {
    float const x = scale * y[j] + bias[j];
    y[j] = x > 0 ? x : slope * x;
    sums[k] += y[j];
  }
  if (!want_statistics) return {};
  float const mean = total(sums) / single(n);
  float squares[lanes] = {};
  for (j = 0; j + lanes <= n; j += lanes)
    for (std::int64_t k = 0; k < lanes; ++k) {
      float const d = y[j + k] - mean;
      squares[k] += d * d;
    }
  for (std::int64_t k = 0; j < n; ++j, ++k) squares[k] += (y[j] - mean) * (y[j] - mean);
  float const variance = total(squares) / single(n);
  return {mean, 1 / std::sqrt(variance + norm_epsilon)};
}

SETSZ_DISPATCH
float through_activation(float* __restrict dy, float const* __restrict out,
                         float const* __restrict bias, float* __restrict bias_sum, std::int64_t n,
                         float rstd, float slope) {
  float const inverse_slope = 1 / slope;
  float sums[lanes] = {};
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes)
    for (std::int64_t k = 0; k < lanes; ++k) {
      float const z = out[j + k];
      float const d = dy[j + k] * (z > 0 ? 1.0F : slope);
      float const y = z > 0 ? z : z * inverse_slope;
      bias_sum[j + k] += d;
      sums[k] += d * (y - bias[j + k]);
      dy[j + k] = rstd * d;
    }
  for (std::int64_t k = 0; j < n; ++j, ++k) {
    float const z = out[j];
    float const d = dy[j] * (z > 0 ? 1.0F : slope);
    float const y = z > 0 ? z : z * inverse_slope;
    bias_sum[j] += d;
    sums[k] += d * (y - bias[j]);
    dy[j] = rstd * d;
  }
  return total(sums);
}

SETSZ_DISPATCH
void subtract_scaled_deviation(float* __restrict dh, float const* __restrict h, std::int64_t n,
                               float mean, float factor) {
  for (std::int64_t j = 0; j < n; ++j) dh[j] -= factor * (h[j] - mean);
}

}  // namespace setsz
