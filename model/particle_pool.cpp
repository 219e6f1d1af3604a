// SPDX-License-Identifier: BSD-3-Clause
#include "model/particle_pool.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/segment_reduce.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// The weights with which a mean is a sum.
std::vector<float> weights_of_means(RowGroups const& groups) {
  std::vector<float> weights;
  weights.reserve(groups.n_rows());
  for (std::int64_t g = 0; g < groups.size(); ++g) {
    auto const n = groups.rows(g).size();
    weights.insert(weights.end(), n, single(1 / real(n)));
  }
  return weights;
}

}  // namespace

ParticlePool::ParticlePool(ParameterLayout& layout, std::string_view module, MlpShape const& shape,
                           PoolWeight weight)
    : vectors_(weight != PoolWeight::one), mlp_(layout, std::string(module), "particle", shape) {}

at::Tensor ParticlePool::mean(ClusterContext const& context, RowGroups groups,
                              FillFeatures const& fill, BackwardSteps& backward) const {
  groups.components = vectors_ ? 3 : 1;
  if (!vectors_) groups.weights = weights_of_means(groups);
  if (context.kernel == ParticleKernel::fused)
    return fused(context, std::move(groups), fill, backward);
  auto const pooled = reference(context, groups, fill, backward);
  return vectors_ ? pooled : pooled.squeeze(2);
}

at::Tensor ParticlePool::fused(ClusterContext const& context, RowGroups groups,
                               FillFeatures const& fill, BackwardSteps& backward) const {
  std::vector<std::int64_t> shape{groups.size(), mlp_.shape().outputs};
  if (vectors_) shape.push_back(groups.components);
  auto pooled = zeros(shape);
  if (groups.n_rows() == 0) return pooled;
  auto const& dense = mlp_.dense();
  auto& work = mlp_.work(context);
  fill(work.input(dense, groups.n_rows()));
  dense.pool(groups, work, floats_of(pooled));
  if (!context.training()) return pooled;
  pooled.requires_grad_(true);
  backward.emplace_back([&dense, &work, pooled, groups = std::move(groups)] {
    if (pooled.grad().defined())
      dense.pool_backward(groups, floats_of(pooled.grad().contiguous()), work);
  });
  return pooled;
}

at::Tensor ParticlePool::reference(ClusterContext const& context, RowGroups const& groups,
                                   FillFeatures const& fill, BackwardSteps& backward) const {
  std::int64_t const n_rows = groups.n_rows();
  if (n_rows == 0)
    return context.put(at::zeros({groups.size(), mlp_.shape().outputs, groups.components}));
  auto const features = at::empty({n_rows, mlp_.shape().inputs});
  fill(floats_of(features));
  auto const weights = at::empty({n_rows, 1, groups.components});
  std::ranges::copy(groups.weights, floats_of(weights).begin());
  auto const lengths = at::empty({groups.size()}, at::kLong);
  for (std::int64_t g = 0; g < groups.size(); ++g)
    lengths.data_ptr<std::int64_t>()[g] = groups.rows(g).size();
  auto const numbers = mlp_(context, backward, {context.put(features)}).unsqueeze(2);
  // Adds in the rows' order also on a GPU, where index_add does so in any.
  return at::segment_reduce(numbers * context.put(weights), "sum", context.put(lengths),
                            /*indices=*/{}, /*offsets=*/{}, /*axis=*/0, /*unsafe=*/true,
                            /*initial=*/0);
}

}  // namespace setsz
