// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <string>

#include "model/module_list.hpp"
#include "model/network_options.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

/// What the dark matter does not tell of a cluster's gas, as one or two numbers: the encoder of a
/// conditional variational autoencoder, whose decoder is the module that takes features.
///
/// From what a deterministic model misses in spherical shells follow mean and variance of the code.
/// In training it is drawn from them; the reconstruction takes the mean; where the gas is not
/// known, it is drawn from its prior, a standard normal. \source Thiele et al. (2022), section 2;
/// Kingma & Welling (2014), arXiv:1312.6114
class Stochastic : public ModuleOf<Stochastic> {
 public:
  static constexpr std::string_view key = "stochastic";
  static constexpr std::string_view code = "latent", mean = "latent_mean",
                                    log_variance = "latent_log_variance";

  std::string residuals;
  std::int64_t shells = 32;
  std::int64_t size = 1;
  std::int64_t layers = 3;
  std::int64_t width = 196;
  double start_variance = 0.02;  ///< of the code, before the first step; published: 1
  double noise = 0;
  double clip = 4;
  double kl_weight = 1e-5;
  double kl_start = 0.3, kl_end = 0.5;

  std::string title() const override { return "the latent code"; }
  void declare(OptionList& options) override;
  void validate(NetworkOptions const& network) const override;
  ModuleJoints joints() const override { return {.features = size}; }
  ModuleNeeds needs() const override {
    return {.residuals_of = residuals, .residual_shells = shells, .normals = size + shells};
  }
  LearningGroup learning() const override { return {.max_rate = 1e-3}; }

  std::vector<std::string> measured() const override;
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override;
  std::vector<ClusterStateInfo> state() const override;
  ModuleCost cost(NetworkOptions const&, Phase) const override {
    return {.per_cluster = mlp_flops(shells, layers, width)};
  }

  /// Of the Kullback-Leibler divergence, at a time of the training between 0 and 1.
  double weight_at(double progress) const {
    return kl_weight * std::clamp((progress - kl_start) / (kl_end - kl_start), 0.0, 1.0);
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

/// Kullback-Leibler divergence of the code of a cluster from its prior, in nats: sum over its
/// numbers of (mean^2 + variance - 1 - ln variance)/2.
double code_information(std::span<double const> mean, std::span<double const> log_variance);

}  // namespace setsz
