// SPDX-License-Identifier: BSD-3-Clause
#include "model/corrections.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sinh.h>

#include "pipeline/base/number.hpp"

namespace setsz {

Corrections::Corrections(ParameterLayout& layout, std::string const& module)
    : k_(layout.add(module, "k", {1})) {}

void Corrections::initialise(NetworkOptions const& network, ParameterLayout const& layout,
                             std::span<float> parameters) const {
  parameters[layout.tensors()[k_].first] = single(network.initial_k);
}

at::Tensor Corrections::operator()(ChunkContext const& chunk, at::Tensor const& a) const {
  auto const& k = chunk.cluster.parameters[k_];
  if (!chunk.profile.defined()) return k * at::relu(at::sinh(a.select(1, 0)));
  return at::relu(chunk.profile * at::relu(1 + a.select(1, 0)) + k * at::sinh(a.select(1, 1)));
}

}  // namespace setsz
