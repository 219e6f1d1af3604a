// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/module_list.hpp"
#include "model/network_options.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz::testing {

/// A module that uses all that a module can: how fast the cluster's particles stream, as one number
/// for the module that takes features.
class Toy : public ModuleOf<Toy> {
 public:
  static constexpr std::string_view key = "toy";

  std::int64_t width = 6;
  double term = 0;  ///< of its own part of the loss
  SampleSize particles{20, 30};

  std::string title() const override { return "the toy"; }
  void declare(OptionList& options) override {
    add_size(options, "toy_width", width, "neurons of the toy");
    options.add("toy_term", term, {.help = "weight of the squared code in the loss", .min = 0});
    add_sample_size(options, "toy_particles", particles, "particles of a cluster for the toy");
  }
  void validate(NetworkOptions const& network) const override {
    require(network.any(&ModuleJoints::takes_features), ExitCode::config,
            "no module takes what the toy gives");
  }
  ModuleJoints joints() const override { return {.features = 1}; }
  ModuleNeeds needs() const override { return {.cluster_particles = particles}; }
  LearningGroup learning() const override { return {.max_rate = 1e-2}; }

  std::vector<std::string> measured() const override { return {"toy_speed"}; }
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override {
    for (auto const& p : lanes.front().cluster_particles) sums[0].add(norm(velocity(p)));
  }
  std::vector<ClusterStateInfo> state() const override {
    return {{.name = "toy", .dataset = "toy_code", .unit = "1", .description = "code of the toy"}};
  }
  ModuleCost cost(NetworkOptions const&, Phase phase) const override {
    return {.per_cluster = real(particles.in(phase)) * mlp_flops(1, 1, width)};
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz::testing
