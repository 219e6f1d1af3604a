// SPDX-License-Identifier: BSD-3-Clause
#include "model/target_inputs.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// Of (r^.e)^2: unit variance over directions.
float const root5 = std::sqrt(5.0F);

float dot3(float const* a, float const* b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

float seen_along(float const* direction, float const* vector, VectorView view) {
  float const c = dot3(direction, vector);
  if (view == VectorView::product) return c;
  if (view == VectorView::absolute) return std::abs(c);
  // Near the centre, where r^ loses its length, and for a vector that is zero, it goes to zero.
  float const mean = dot3(direction, direction) * dot3(vector, vector) / 3;
  return (c * c - mean) * (root5 / 2);
}

/// Adds `slope` times the derivative of that by the direction.
void add_slope(float const* direction, float const* vector, VectorView view, float slope,
               float* sum) {
  float const c = dot3(direction, vector);
  bool const squared = view == VectorView::squared;
  float const sign = c > 0 ? 1.0F : c < 0 ? -1.0F : 0.0F;
  float const by_vector = squared ? root5 * c : view == VectorView::absolute ? sign : 1;
  float const by_direction = squared ? -root5 * dot3(vector, vector) / 3 : 0;
  for (int j = 0; j < 3; ++j)
    sum[j] += slope * (by_vector * vector[j] + by_direction * direction[j]);
}

}  // namespace

TargetInputs::TargetInputs(NetworkSetup const& setup, TargetView view)
    : setup_(setup), rule_(setup.options.columns(), setup.options.contractions), view_(view) {
  if (view == TargetView::radius) return;
  bool const absolute = setup.options.contractions == Contractions::absolute;
  vector_views_.assign(rule_.n_vectors, absolute ? VectorView::absolute : VectorView::product);
  for (auto const k : rule_.squared) vector_views_[k] = VectorView::squared;
}

at::Tensor TargetInputs::operator()(ChunkContext& chunk) const {
  return chunk.cluster.kernel == ParticleKernel::fused ? fused(chunk) : reference(chunk);
}

at::Tensor TargetInputs::fused(ChunkContext& chunk) const {
  auto const scale = setup_.standardisation.quantity("target_radius");
  auto const n = chunk.targets.size(), n_vectors = std::ssize(vector_views_);
  auto const scalars = floats_of(chunk.cluster.scalars);
  auto const columns = 1 + n_vectors + std::ssize(scalars);
  auto const result = at::empty({n, columns});
  auto const radii = chunk.radius.contiguous(), directions = chunk.direction.contiguous(),
             vectors = chunk.cluster.vectors;
  float const *const r = floats_of(radii).data(), *const d = floats_of(directions).data(),
                     *const e = floats_of(vectors).data();
  float* out = floats_of(result).data();
  for (std::int64_t i = 0; i < n; ++i) {
    *out++ = single(scale(real(r[i])));
    for (std::int64_t k = 0; k < n_vectors; ++k)
      *out++ = seen_along(d + 3 * i, e + 3 * k, vector_views_[k]);
    out = std::ranges::copy(scalars, out).out;
  }
  return by_hand(
      chunk.backward, {chunk.radius, chunk.direction}, result,
      [this, directions, vectors, columns, scale](auto slope, auto sums) {
        float const *const along = floats_of(directions).data(), *const of =
                                                                     floats_of(vectors).data();
        auto const [by_radius, by_direction] = std::array{sums[0], sums[1]};
        float const* g = slope.data();
        for (std::size_t i = 0; i < slope.size() / columns; ++i, g += columns) {
          if (!by_radius.empty()) by_radius[i] += single(real(g[0]) / scale.deviation);
          if (by_direction.empty()) continue;
          for (std::size_t k = 0; k < vector_views_.size(); ++k)
            add_slope(along + 3 * i, of + 3 * k, vector_views_[k], g[1 + k],
                      by_direction.data() + 3 * i);
        }
      });
}

at::Tensor TargetInputs::reference(ChunkContext const& chunk) const {
  auto const& scalars = chunk.cluster.scalars;
  auto const scale = setup_.standardisation.quantity("target_radius");
  std::vector<at::Tensor> inputs{((chunk.radius - scale.mean) / scale.deviation).unsqueeze(1)};
  if (view_ == TargetView::position) inputs.push_back(directions(chunk));
  inputs.push_back(scalars.expand({chunk.targets.size(), scalars.size(0)}));
  return at::cat(inputs, 1);
}

/// r^.e as features, see VectorContractions; shape (n, n_vectors).
at::Tensor TargetInputs::directions(ChunkContext const& chunk) const {
  auto const& vectors = chunk.cluster.vectors;
  auto c = row_products(chunk.direction, vectors);
  if (setup_.options.contractions == Contractions::absolute) return c.abs();
  if (rule_.squared.empty()) return c;
  auto const squared = at::zeros({rule_.n_vectors});
  for (auto const k : rule_.squared) floats_of(squared)[k] = 1;
  auto const is_squared = chunk.cluster.put(squared);
  // Near the centre, where r^ loses its length, and for a vector that is zero, it goes to zero.
  auto const mean =
      at::sum(chunk.direction * chunk.direction, 1, true) * (at::sum(vectors * vectors, 1) / 3.0);
  return at::where(is_squared > 0.5, (c * c - mean) * (std::sqrt(5.0) / 2), c);
}

}  // namespace setsz
