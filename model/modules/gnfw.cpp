// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/gnfw.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/sum.h>

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
    auto const& cluster = context.batch.cluster;
    double const log_mass = std::log(cluster.m200c / cluster.h / 1e4);  // 1e14 Msun
    double const log_a = std::log1p(cluster.redshift);
    auto const parameters = trainable(context.parameters[tensor_]);
    auto const table = parameters.narrow(0, 0, 6).view({3, 2});
    auto basis = at::empty({2});
    floats_of(basis)[0] = 1, floats_of(basis)[1] = single(log_mass);
    auto slopes = at::empty({3});
    floats_of(slopes)[0] = single(start_.slope_P0 * log_a);
    floats_of(slopes)[1] = single(start_.slope_xc * log_a);
    floats_of(slopes)[2] = single(start_.slope_beta * log_a);
    auto const logs = at::sum(table * context.put(basis), 1) + context.put(slopes);
    // ln P0, ln xc, ln beta, core
    context.shared["gnfw"] = at::cat({logs, at::exp(parameters.narrow(0, 6, 1))});
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const& shape = chunk.cluster.shared.at("gnfw");
    auto const log_y = at::log(chunk.profile_radius + shape[3]) - shape[1];
    auto const falling = at::exp(shape[2]) * at::log1p(at::exp(log_y));
    chunk.profile = at::exp(shape[0] - 0.3 * log_y - falling);
    chunk.pressure = chunk.profile;
  }

 private:
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
