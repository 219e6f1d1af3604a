// SPDX-License-Identifier: BSD-3-Clause
// What the module stochastic declares; its computation is in modules/stochastic.cpp.
#include <cmath>

#include "model/modules/stochastic.hpp"

namespace setsz {

void Stochastic::declare(OptionList& options) {
  options.add("stochastic_residuals", residuals,
              {.help = "NAME of the deterministic [model.NAME] whose residuals the encoder of the "
                       "module stochastic sees, as the stage residuals finds them"});
  add_size(options, "stochastic_shells", shells, "linear shells within 2 R200 of these residuals");
  options.add(
      "latent_size", size,
      {.help = "numbers of the latent code of a cluster (published: 1)", .min = 1, .max = 8});
  add_size(options, "stochastic_layers", layers, "hidden layers of the encoder");
  add_size(options, "stochastic_width", width, "neurons in each of them");
  options.add("latent_start_variance", start_variance,
              {.help = "variance of the code before the first step: small, so that the aggregator "
                       "learns to read it before the divergence makes it noisy (published: 1)",
               .min = 1e-4,
               .max = 10});
  options.add("stochastic_noise", noise,
              {.help = "noise on the residuals in training, in units of their standard deviation "
                       "over the training clusters",
               .min = 0,
               .max = 10});
  options.add("stochastic_clip", clip,
              {.help = "a residual further from its mean than so many deviations counts as that "
                       "far",
               .min = 0.1});
  options.add(
      "kl_weight", kl_weight,
      {.help = "weight of the Kullback-Leibler divergence of the code from its prior [nats] beside "
               "the loss of a cluster; in the units of that loss, about 1e-5 for [train] "
               "cluster_weight = none. With cluster_weight = benchmark losses are of order 1: take "
               "about 1e-2. Small values make a code that says more of the training clusters than "
               "samples can give back",
       .min = 0});
  options.add(
      "kl_start", kl_start,
      {.help = "part of the epochs with weight 0, then it rises linearly", .min = 0, .max = 1});
  options.add("kl_end", kl_end,
              {.help = "part of the epochs from which on it is kl_weight", .min = 0, .max = 1});
}

void Stochastic::validate(NetworkOptions const& network) const {
  require(!residuals.empty(), ExitCode::config,
          "stochastic needs stochastic_residuals = NAME of the deterministic [model.NAME] from "
          "whose residuals its code follows");
  require(network.any(&ModuleJoints::takes_features), ExitCode::config,
          "stochastic hands its code to the aggregator, which is not listed; add aggregator, or "
          "remove stochastic");
  require(kl_start < kl_end, ExitCode::config, "kl_start = ", kl_start,
          " is not below kl_end = ", kl_end);
}

std::vector<std::string> Stochastic::measured() const {
  std::vector<std::string> names;
  for (std::int64_t shell = 0; shell < shells; ++shell) names.push_back(concat("residual_", shell));
  return names;
}

void Stochastic::measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const {
  auto const& [value, known] = lanes.front().cluster.residuals;
  for (std::size_t shell = 0; shell < value.size(); ++shell)
    if (known[shell]) sums[shell].add(real(value[shell]));
}

std::vector<ClusterStateInfo> Stochastic::state() const {
  auto const named = [&](std::string_view name, std::string description, StateKind kind) {
    return ClusterStateInfo{.name = std::string(name),
                            .dataset = std::string(name),
                            .size = size,
                            .unit = "1",
                            .description = std::move(description),
                            .kind = kind};
  };
  return {
      named(code, "code behind the pressure; 0 where that is a mean over codes", StateKind::code),
      named(mean, "mean of the code that the cluster's gas implies; 0 where that is not known",
            StateKind::of_code),
      named(log_variance, "ln of the variance of that code; 0 where it is not known",
            StateKind::of_code)};
}

double code_information(std::span<double const> mean, std::span<double const> log_variance) {
  double nats = 0;
  for (std::size_t i = 0; i < mean.size(); ++i)
    nats += (mean[i] * mean[i] + std::exp(log_variance[i]) - 1 - log_variance[i]) / 2;
  return nats;
}

}  // namespace setsz
