// SPDX-License-Identifier: BSD-3-Clause
#include "model/particle_pool.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// The mean of the output rows of a group.
void mean_of_rows(DenseMlp::Work const& work, Range rows, std::int64_t n, float* mean) {
  if (rows.size() == 0) return;
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    float const* const values = work.output(row);
    for (std::int64_t j = 0; j < n; ++j) mean[j] += values[j];
  }
  for (std::int64_t j = 0; j < n; ++j) mean[j] /= single(rows.size());
}

void mean_to_rows(DenseMlp::Work& work, Range rows, std::int64_t n, float const* slope) {
  float const share = 1.0F / single(std::max<std::int64_t>(rows.size(), 1));
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    float* const d_row = work.output_gradient(row);
    for (std::int64_t j = 0; j < n; ++j) d_row[j] = share * slope[j];
  }
}

/// The sum of the outer products of output rows and weights (3), in double.
void vector_sum_of_rows(DenseMlp::Work const& work, Range rows, std::int64_t n,
                        float const* weights, float* result) {
  std::vector<double> sums(3 * n, 0.0);
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    float const* const values = work.output(row);
    float const* const w = weights + 3 * row;
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t d = 0; d < 3; ++d) sums[3 * j + d] += real(values[j]) * real(w[d]);
  }
  for (std::int64_t i = 0; i < 3 * n; ++i) result[i] = single(sums[i]);
}

void vector_sum_to_rows(DenseMlp::Work& work, Range rows, std::int64_t n, float const* weights,
                        float const* slope) {
  for (std::int64_t row = rows.first; row < rows.last; ++row) {
    float const* const w = weights + 3 * row;
    float* const d_row = work.output_gradient(row);
    for (std::int64_t j = 0; j < n; ++j)
      d_row[j] = slope[3 * j] * w[0] + slope[3 * j + 1] * w[1] + slope[3 * j + 2] * w[2];
  }
}

}  // namespace

ParticlePool::ParticlePool(ParameterLayout& layout, std::string_view module, MlpShape const& shape,
                           PoolWeight weight)
    : vectors_(weight != PoolWeight::one),
      mlp_(layout, std::string(module), "particle", shape),
      dense_(mlp_.dense(layout)) {}

void ParticlePool::begin(ClusterContext& context) const {
  if (context.kernel != ParticleKernel::fused) return;
  dense_.begin(context.values, work_);
  if (context.training())
    context.after_backward.emplace_back(
        [this, values = context.values, gradient = context.gradient] {
          dense_.finish(values, work_, gradient);
        });
}

at::Tensor ParticlePool::mean(ClusterContext const& context, ParticleGroups groups,
                              FillFeatures const& fill, AfterBackward& after_backward) const {
  return context.kernel == ParticleKernel::fused
             ? fused(context, std::move(groups), fill, after_backward)
             : reference(context, groups, fill);
}

at::Tensor ParticlePool::fused(ClusterContext const& context, ParticleGroups groups,
                               FillFeatures const& fill, AfterBackward& after_backward) const {
  std::int64_t const n = dense_.outputs(), n_values = vectors_ ? 3 * n : n;
  auto pooled = vectors_ ? at::zeros({groups.size(), n, 3}) : at::zeros({groups.size(), n});
  if (groups.n_rows() == 0) return pooled;
  fill(work_.input(dense_, groups.n_rows()));
  dense_.forward(work_);
  for (std::int64_t g = 0; g < groups.size(); ++g) {
    float* const result = pooled.data_ptr<float>() + g * n_values;
    if (vectors_)
      vector_sum_of_rows(work_, groups.rows(g), n, groups.weights.data(), result);
    else
      mean_of_rows(work_, groups.rows(g), n, result);
  }
  if (!context.training()) return pooled;
  pooled.requires_grad_(true);
  after_backward.emplace_back([this, pooled, n, n_values, groups = std::move(groups)] {
    if (!pooled.grad().defined()) return;
    auto const pull = pooled.grad().contiguous();
    for (std::int64_t g = 0; g < groups.size(); ++g) {
      float const* const slope = pull.data_ptr<float>() + g * n_values;
      if (vectors_)
        vector_sum_to_rows(work_, groups.rows(g), n, groups.weights.data(), slope);
      else
        mean_to_rows(work_, groups.rows(g), n, slope);
    }
    dense_.backward(work_);
  });
  return pooled;
}

at::Tensor ParticlePool::reference(ClusterContext const& context, ParticleGroups const& groups,
                                   FillFeatures const& fill) const {
  std::int64_t const n = mlp_.shape().outputs, n_rows = groups.n_rows();
  auto pooled = context.put(at::zeros({groups.size(), n, vectors_ ? 3 : 1}));
  if (n_rows > 0) {
    auto const features = at::empty({n_rows, mlp_.shape().inputs});
    fill(floats_of(features));
    auto const weights = at::empty({n_rows, 1, vectors_ ? 3 : 1});
    auto const owner = at::empty({n_rows}, at::kLong);
    std::ranges::copy(groups.weights, floats_of(weights).begin());
    for (std::int64_t g = 0; g < groups.size(); ++g) {
      Range const rows = groups.rows(g);
      std::fill_n(owner.data_ptr<std::int64_t>() + rows.first, rows.size(), g);
      if (!vectors_)
        std::fill_n(floats_of(weights).begin() + rows.first, rows.size(),
                    1.0F / single(rows.size()));
    }
    auto const numbers = mlp_(context.parameters, context.put(features)).unsqueeze(2);
    pooled = pooled.index_add(0, context.put(owner), numbers * context.put(weights));
  }
  return vectors_ ? pooled : pooled.select(2, 0);
}

}  // namespace setsz
