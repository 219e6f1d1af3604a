// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/cluster_features.hpp"
#include "model/module.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

/// What DeepSets over particles of the whole cluster declare alike: they see |q|, |v|, q^.e, v^.e
/// and s, run once per cluster, and hand `outputs` numbers of each target to the module that takes
/// features.
template <class Derived>
class ClusterSet : public ModuleOf<Derived> {
 public:
  std::int64_t layers = 3;
  std::int64_t width = 196;
  std::int64_t outputs = 8;
  SampleSize particles{1000, 10000};

  void declare(OptionList& options) override {
    std::string const key(Derived::key);
    add_size(options, key + "_layers", layers, concat("hidden layers of ", key));
    add_size(options, key + "_width", width, "neurons in each of them");
    add_size(options, key + "_outputs", outputs, concat("numbers that ", key, " gives"));
    add_sample_size(options, key + "_particles", particles,
                    concat("particles of a cluster for ", key));
  }
  void validate(NetworkOptions const& network) const override {
    require(network.any(&ModuleJoints::takes_features), ExitCode::config, Derived::key,
            " hands its numbers to the aggregator, which is not listed; add aggregator, or remove ",
            Derived::key);
  }
  ModuleJoints joints() const override { return {.features = outputs}; }
  ModuleNeeds needs() const override { return {.cluster_particles = particles}; }
  LearningGroup learning() const override { return {.max_rate = 3e-4, .weight_decay = 1e-4}; }

  std::vector<std::string> measured() const override { return cluster_quantities(Derived::key); }
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override {
    measure_cluster_particles(lanes, sums);
  }
  ModuleCost cost(NetworkOptions const& network, Phase phase) const override {
    return {.per_cluster =
                real(particles.in(phase)) * mlp_flops(n_cluster_features(network), layers, width)};
  }
};

}  // namespace setsz
