// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/stochastic.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "model/module_network.hpp"

namespace setsz {

namespace {

constexpr double largest_log_variance = 10;  // keeps variances within 5e-5 and 2e4

class StochasticNetwork : public ModuleNetwork {
 public:
  StochasticNetwork(Stochastic const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : options_(options),
        encoder_(layout, std::string(Stochastic::key), "encoder",
                 {.inputs = options.shells,
                  .hidden_layers = options.layers,
                  .width = options.width,
                  .outputs = 2 * options.size,
                  .linear_head = true}) {
    for (auto const& name : options_.measured())
      scales_.push_back(setup.standardisation.quantity(name));
  }
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    encoder_.initialise(layout, parameters, seed);
    // A code that starts as noise is one that the decoder learns to ignore.
    auto const name = concat(".encoder.", options_.layers, ".bias");
    for (auto const& info : layout.tensors())
      if (info.module == Stochastic::key && info.name.ends_with(name))
        std::ranges::fill(parameters.subspan(info.first + options_.size, options_.size),
                          single(std::log(options_.start_variance)));
  }
  void prepare(ClusterContext& context) const override {
    auto& shared = context.shared;
    if (shared.contains(std::string(Stochastic::code))) return;  // known from before
    auto mean = context.put(at::zeros({options_.size}));
    auto log_variance = context.put(at::zeros({options_.size}));
    if (!context.batch.cluster.residuals.empty()) {
      auto const head =
          encoder_(context, context.backward, {context.put(inputs(context.batch))})[0];
      mean = head.narrow(0, 0, options_.size);
      log_variance = at::clamp(head.narrow(0, options_.size, options_.size), -largest_log_variance,
                               largest_log_variance);
    }
    auto code = mean;
    if (!context.batch.normals.empty())
      code = mean + at::exp(log_variance * 0.5) * context.put(drawn(context.batch));
    shared[std::string(Stochastic::code)] = code;
    shared[std::string(Stochastic::mean)] = mean;
    shared[std::string(Stochastic::log_variance)] = log_variance;
  }
  void evaluate(ChunkContext& chunk) const override {
    chunk.features.push_back(chunk.cluster.shared.at(std::string(Stochastic::code)));
  }
  at::Tensor loss(ClusterContext const& context) const override {
    double const weight = options_.weight_at(context.batch.progress);
    if (weight == 0) return {};
    auto const& mean = context.shared.at(std::string(Stochastic::mean));
    auto const& log_variance = context.shared.at(std::string(Stochastic::log_variance));
    return at::sum(mean * mean + at::exp(log_variance) - log_variance - 1) * (0.5 * weight);
  }

 private:
  /// Residuals, standardised, shape (1, n_shells); 0, the mean, where there is none. In training
  /// with noise.
  at::Tensor inputs(TargetBatch const& batch) const {
    auto const& [value, known] = batch.cluster.residuals;
    require(std::ssize(value) == options_.shells, ExitCode::internal, "cluster row ",
            batch.cluster_row, " has residuals in ", value.size(), " shells, the network takes ",
            options_.shells);
    auto tensor = at::zeros({1, options_.shells});
    auto const out = floats_of(tensor);
    for (std::size_t shell = 0; shell < value.size(); ++shell) {
      if (!known[shell]) continue;
      double input = scales_[shell](real(value[shell]));
      if (!batch.normals.empty()) input += options_.noise * batch.normals[options_.size + shell];
      out[shell] = single(std::clamp(input, -options_.clip, options_.clip));
    }
    return tensor;
  }
  at::Tensor drawn(TargetBatch const& batch) const {
    auto tensor = at::empty({options_.size});
    std::transform(batch.normals.begin(), batch.normals.begin() + options_.size,
                   floats_of(tensor).begin(), single<double>);
    return tensor;
  }

  Stochastic options_;
  std::vector<Affine> scales_;  ///< by shell
  Mlp encoder_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Stochastic::network(NetworkSetup const& setup,
                                                   ParameterLayout& layout) const {
  return std::make_unique<StochasticNetwork>(*this, setup, layout);
}

}  // namespace setsz
