// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/cluster_features.hpp"
#include "model/module_list.hpp"
#include "model/network_options.hpp"
#include "model/origin_filter.hpp"
#include "model/pool_weight.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

/// Where the profile is centred: a vector DeepSet over particles of the whole cluster.
/// \source Thiele et al. (2022), equation 5, with a bound that keeps the direction: u tanh|u|/|u|
class Origin : public ModuleOf<Origin> {
 public:
  static constexpr std::string_view key = "origin";

  std::int64_t layers = 3;
  std::int64_t width = 226;
  /// Both can express the same, for |q| is among the features; but near the centre, where positions
  /// are small, directions are learnt much sooner.
  PoolWeight pooling = PoolWeight::position;
  SampleSize particles{1000, 10000};
  bool linear = true;  ///< adds origin_filter, fitted before the first step
  bool deep = true;    ///< has the DeepSet; without, the linear filter alone

  bool is_default() const override { return true; }
  void declare(OptionList& options) override {
    add_size(options, "origin_layers", layers, "hidden layers of origin");
    add_size(options, "origin_width", width, "neurons in each of them");
    options.add(
        "origin_pooling", pooling,
        {{"position", PoolWeight::position}, {"direction", PoolWeight::direction}},
        {.help = "origin adds up positions, as published, or directions: the same family "
                 "of functions, but small samples learn the centre better from directions"});
    add_sample_size(options, "origin_particles", particles, "particles of a cluster for origin");
    options.add(
        "origin_linear", linear,
        {.help = "the shift starts from a linear filter of all particles, fitted to the best "
                 "centres of the training clusters; the network learns the rest (published: "
                 "no)"});
    options.add("origin_network", deep,
                {.help = "origin has its network; without, it is the linear filter alone"});
  }
  void validate(NetworkOptions const& network) const override {
    require(network.any(&ModuleJoints::sees_position), ExitCode::config,
            "origin moves the centre from which other modules see their targets, but no listed "
            "module sees the position of a target; add gnfw or aggregator, or remove origin");
    require(
        linear || deep, ExitCode::config,
        "origin_linear = no and origin_network = no leave nothing of origin; remove it from the "
        "modules instead");
  }
  ModuleJoints joints() const override { return {}; }
  ModuleNeeds needs() const override {
    ModuleNeeds needs{.best_centres = linear};
    if (deep) needs.cluster_particles = particles, needs.scalars = {"xoff"};
    return needs;
  }
  LearningGroup learning() const override { return {.max_rate = 3e-4, .weight_decay = 1e-4}; }

  std::vector<double> fit(std::span<LearningSample const> samples) const override {
    std::vector<CentreSample> centres;
    for (auto const& [cluster, centre] : samples) centres.push_back({cluster.shells, centre});
    return linear ? fit_origin_filter(centres) : std::vector<double>{};
  }
  std::vector<std::string> measured() const override { return cluster_quantities(key); }
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override {
    measure_cluster_particles(lanes, sums);
  }
  std::vector<ClusterStateInfo> state() const override {
    return {{.name = "shift",
             .dataset = "origin_shift",
             .size = 3,
             .unit = "R200",
             .frame = "cluster",
             .description = "where origin centres the profile",
             .in_every_prediction = true}};
  }
  ModuleCost cost(NetworkOptions const& network, Phase phase) const override {
    auto const inputs = n_cluster_features(network);
    double const n = deep ? real(particles.in(phase)) : 0;
    return {.per_cluster = n * mlp_flops(inputs, layers, width)};
  }

  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
