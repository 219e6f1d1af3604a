// SPDX-License-Identifier: BSD-3-Clause
#include "model/corrections.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sinh.h>

#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {

Corrections::Corrections(ParameterLayout& layout, std::string const& module)
    : log_k_(layout.add(module, "log_k", {1})) {}

void Corrections::set_head(MlpShape& shape, NetworkOptions const& network) {
  bool const profile = network.any(&ModuleJoints::gives_profile);
  shape.outputs = profile ? 2 : 1;
  shape.linear_head = true;
  shape.head_scale = network.head_scale * (profile ? 1 : 0.05);
  shape.head_bias = profile ? 0 : 0.5;
}

void Corrections::initialise(NetworkOptions const& network, ParameterLayout const& layout,
                             std::span<float> parameters) const {
  parameters[layout.tensors()[log_k_].first] = single(std::log(network.initial_k));
}

at::Tensor Corrections::operator()(ChunkContext const& chunk, at::Tensor const& a) const {
  auto const k = at::exp(chunk.cluster.parameters[log_k_]);
  if (!chunk.profile.defined()) return k * at::relu(at::sinh(a.select(1, 0)));
  return at::relu(chunk.profile * at::relu(1 + a.select(1, 0)) + k * at::sinh(a.select(1, 1)));
}

}  // namespace setsz
