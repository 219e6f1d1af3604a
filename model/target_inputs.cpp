// SPDX-License-Identifier: BSD-3-Clause
#include "model/target_inputs.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace setsz {

TargetInputs::TargetInputs(NetworkSetup const& setup, TargetView view)
    : setup_(setup), rule_(setup.options.columns(), setup.options.contractions), view_(view) {}

std::vector<at::Tensor> TargetInputs::operator()(ChunkContext const& chunk) const {
  auto const& scalars = chunk.cluster.scalars;
  auto const scale = setup_.standardisation.quantity("target_radius");
  std::vector<at::Tensor> inputs{((chunk.radius - scale.mean) / scale.deviation).unsqueeze(1)};
  if (view_ == TargetView::position) inputs.push_back(directions(chunk));
  inputs.push_back(scalars.expand({chunk.targets.size(), scalars.size(0)}));
  return inputs;
}

/// r^.e as features, see VectorContractions; shape (n, n_vectors).
at::Tensor TargetInputs::directions(ChunkContext const& chunk) const {
  auto const& vectors = chunk.cluster.vectors;
  auto const c = row_products(chunk.direction, vectors);
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
