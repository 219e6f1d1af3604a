// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace setsz {

/// What DenseMlp does to single rows between two matrix products. Compiled for several instruction
/// sets; the best is chosen when the program starts.
inline constexpr float leaky_slope = 0.01F;
/// Added to the variance under the root, as in libtorch.
inline constexpr float norm_epsilon = 1e-5F;

struct RowStatistics {
  float mean = 0;
  float rstd = 0;  ///< 1/sqrt(variance + norm_epsilon)
};

/// y = leaky(scale y + bias), in place. \return mean and 1/deviation of the result if wanted
RowStatistics finish_row(float* y, float const* bias, std::int64_t n, float scale, float slope,
                         bool want_statistics);

/// The gradient through the activation: dy becomes rstd x dy', dy' = dy x (1 or slope); adds dy' to
/// `bias_sum`. `out` is the activation's output, from which its input y follows.
/// \return sum over j of dy'_j (y_j - bias_j)
float through_activation(float* dy, float const* out, float const* bias, float* bias_sum,
                         std::int64_t n, float rstd, float slope);

/// dh -= factor (h - mean).
void subtract_scaled_deviation(float* dh, float const* h, std::int64_t n, float mean, float factor);

}  // namespace setsz
