// SPDX-License-Identifier: BSD-3-Clause
#include "model/corrections.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sinh.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// By ReLU, which lets through what is not a number.
bool is_cut_off(float x) { return x <= 0; }
float cut_off(float x) { return is_cut_off(x) ? 0 : x; }

}  // namespace

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

at::Tensor Corrections::operator()(ChunkContext& chunk, at::Tensor const& a) const {
  auto const& log_k = chunk.cluster.parameters[log_k_];
  return chunk.cluster.kernel == ParticleKernel::fused
             ? fused(chunk.backward, chunk.profile, a, log_k)
             : reference(chunk.profile, a, log_k);
}

at::Tensor Corrections::fused(BackwardSteps& backward, at::Tensor const& profile,
                              at::Tensor const& a, at::Tensor const& log_k) {
  auto const n = a.size(0), columns = a.size(1);
  float const k = std::exp(floats_of(log_k)[0]);
  auto const rows = a.contiguous();
  auto const profiles = profile.defined() ? profile.contiguous() : at::zeros({n});
  auto const result = at::empty({n}), by_profile = at::empty({n}), by_log_k = at::empty({n});
  auto const by_a = at::empty({n, columns});
  auto const g = floats_of(profiles), p = floats_of(result);
  auto const p_by_g = floats_of(by_profile), p_by_log_k = floats_of(by_log_k);
  float const* row = floats_of(rows).data();
  float* p_by_a = floats_of(by_a).data();
  for (std::int64_t i = 0; i < n; ++i, row += columns, p_by_a += columns) {
    float const factor = profile.defined() ? 1 + row[0] : 0;
    float const addend = k * std::sinh(row[columns - 1]), sum = g[i] * cut_off(factor) + addend;
    bool const has_pressure = !is_cut_off(sum), has_factor = has_pressure && !is_cut_off(factor);
    p[i] = cut_off(sum);
    p_by_g[i] = has_factor ? factor : 0;
    p_by_log_k[i] = has_pressure ? addend : 0;
    p_by_a[0] = has_factor ? g[i] : 0;
    p_by_a[columns - 1] = has_pressure ? k * std::cosh(row[columns - 1]) : 0;
  }
  if (!profile.defined()) return rows_by_hand(backward, {a, log_k}, result, {by_a, by_log_k});
  return rows_by_hand(backward, {a, log_k, profile}, result, {by_a, by_log_k, by_profile});
}

at::Tensor Corrections::reference(at::Tensor const& profile, at::Tensor const& a,
                                  at::Tensor const& log_k) {
  auto const k = at::exp(log_k);
  if (!profile.defined()) return k * at::relu(at::sinh(a.select(1, 0)));
  return at::relu(profile * at::relu(1 + a.select(1, 0)) + k * at::sinh(a.select(1, 1)));
}

}  // namespace setsz
