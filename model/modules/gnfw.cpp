// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/gnfw.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/sum.h>

#include <array>
#include <cmath>

#include "model/module_network.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

class GnfwNetwork : public ModuleNetwork {
 public:
  GnfwNetwork(Gnfw const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : options_(options),
        start_(setup.benchmark),
        tensor_(layout.add(std::string(Gnfw::key), "profile", {7})) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t) const override {
    auto const p = parameters.subspan(layout.tensors()[tensor_].first);
    p[0] = single(std::log(start_.A_P0)), p[1] = single(start_.a_P0);
    p[2] = single(std::log(start_.A_xc)), p[3] = single(start_.a_xc);
    p[4] = single(std::log(start_.A_beta)), p[5] = single(start_.a_beta);
    p[6] = single(std::log(start_.core));
  }
  void prepare(ClusterContext& context) const override {
    auto const& parameters = context.parameters[tensor_];
    context.shared["gnfw"] = context.kernel == ParticleKernel::fused
                                 ? shape(context, parameters)
                                 : reference_shape(context, trainable(parameters));
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const& shape = chunk.cluster.shared.at("gnfw");
    chunk.profile = chunk.cluster.kernel == ParticleKernel::fused
                        ? profile(chunk.backward, chunk.profile_radius, shape)
                        : reference_profile(chunk.profile_radius, shape);
    chunk.pressure = chunk.profile;
  }

 private:
  static double log_mass_1e14msun(ClusterInput const& cluster) {
    return std::log(cluster.m200c / cluster.h / 1e4);
  }
  /// ln P0, ln xc, ln beta, core
  at::Tensor shape(ClusterContext const& context, at::Tensor const& parameters) const {
    double const log_mass = log_mass_1e14msun(context.batch.cluster);
    double const log_a = std::log1p(context.batch.cluster.redshift);
    std::array const slopes{start_.slope_P0, start_.slope_xc, start_.slope_beta};
    auto const result = at::empty({4});
    auto const p = floats_of(parameters), numbers = floats_of(result);
    for (std::size_t i = 0; i < 3; ++i)
      numbers[i] = single(real(p[2 * i]) + real(p[2 * i + 1]) * log_mass + slopes[i] * log_a);
    numbers[3] = std::exp(p[6]);
    return by_hand(context.backward, {parameters}, result,
                   [this, log_mass, core = numbers[3]](auto g, auto sums) {
                     auto const sum = sums[0];
                     for (std::size_t i = 0; i < 3; ++i) {
                       if (options_.is_fixed(Gnfw::parts()[i])) continue;
                       sum[2 * i] += g[i], sum[2 * i + 1] += single(real(g[i]) * log_mass);
                     }
                     if (!options_.is_fixed("core")) sum[6] += g[3] * core;
                   });
  }
  static at::Tensor profile(BackwardSteps& backward, at::Tensor const& radius,
                            at::Tensor const& shape) {
    auto const n = radius.size(0);
    auto const s = floats_of(shape);
    GnfwShape const of_halo{.p0 = std::exp(real(s[0])),
                            .xc = std::exp(real(s[1])),
                            .beta = std::exp(real(s[2])),
                            .core = real(s[3])};
    auto const radii = radius.contiguous();
    auto const result = at::empty({n}), by_radius = at::empty({n}), by_shape = at::empty({n, 4});
    auto const r = floats_of(radii), p = floats_of(result), p_by_r = floats_of(by_radius);
    auto p_by_shape = floats_of(by_shape).begin();
    for (std::int64_t i = 0; i < n; ++i, p_by_shape += 4) {
      auto const [value, by_ln_xc, by_ln_beta, by_ln_core] = gnfw_slopes(of_halo, real(r[i]));
      double const by_core = by_ln_core / of_halo.core;  // r and the core add up
      p[i] = single(value);
      p_by_r[i] = single(by_core);
      std::ranges::transform(std::array{value, by_ln_xc, by_ln_beta, by_core}, p_by_shape,
                             single<double>);
    }
    return rows_by_hand(backward, {radius, shape}, result, {by_radius, by_shape});
  }

  at::Tensor reference_shape(ClusterContext const& context, at::Tensor const& parameters) const {
    double const log_a = std::log1p(context.batch.cluster.redshift);
    auto const table = parameters.narrow(0, 0, 6).view({3, 2});
    auto basis = at::empty({2});
    floats_of(basis)[0] = 1, floats_of(basis)[1] = single(log_mass_1e14msun(context.batch.cluster));
    auto slopes = at::empty({3});
    floats_of(slopes)[0] = single(start_.slope_P0 * log_a);
    floats_of(slopes)[1] = single(start_.slope_xc * log_a);
    floats_of(slopes)[2] = single(start_.slope_beta * log_a);
    auto const logs = at::sum(table * context.put(basis), 1) + context.put(slopes);
    return at::cat({logs, at::exp(parameters.narrow(0, 6, 1))});
  }
  static at::Tensor reference_profile(at::Tensor const& radius, at::Tensor const& shape) {
    auto const log_y = at::log(radius + shape[3]) - shape[1];
    auto const falling = at::exp(shape[2]) * at::log1p(at::exp(log_y));
    return at::exp(shape[0] - 0.3 * log_y - falling);
  }
  /// The parameters, of which gradients reach those that learn.
  at::Tensor trainable(at::Tensor const& parameters) const {
    if (options_.fixed.empty()) return parameters;
    std::vector<at::Tensor> parts;
    std::int64_t first = 0;
    for (auto const& name : Gnfw::parts()) {
      auto const part = parameters.narrow(0, first, name == "core" ? 1 : 2);
      parts.push_back(options_.is_fixed(name) ? part.detach() : part);
      first += part.size(0);
    }
    return at::cat(parts);
  }

  Gnfw options_;
  GnfwParameters start_;
  std::size_t tensor_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Gnfw::network(NetworkSetup const& setup,
                                             ParameterLayout& layout) const {
  return std::make_unique<GnfwNetwork>(*this, setup, layout);
}

}  // namespace setsz
