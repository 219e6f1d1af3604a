// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/module_list.hpp"
#include "model/network_options.hpp"
#include "model/target_view.hpp"

namespace setsz {

/// Combines everything that is known of a target into the corrections of the profile.
/// \source Thiele et al. (2022), section 2
class Aggregator : public ModuleOf<Aggregator> {
 public:
  static constexpr std::string_view key = "aggregator";

  std::int64_t layers = 4;
  std::int64_t width = 196;
  double dropout = 0.05;
  double visible_dropout = 0.30;
  TargetView sees = TargetView::position;

  std::string title() const override { return "the aggregator"; }
  bool is_default() const override { return true; }
  void declare(OptionList& options) override {
    add_size(options, "aggregator_layers", layers, "hidden layers of the aggregator");
    add_size(options, "aggregator_width", width, "neurons in each of them");
    options.add("dropout", dropout,
                {.help = "rate in the aggregator's hidden layers", .min = 0, .max = 0.95});
    options.add("visible_dropout", visible_dropout,
                {.help = "rate in the aggregator's first layer", .min = 0, .max = 0.95});
    options.add(
        "aggregator_sees", sees,
        {{"position", TargetView::position}, {"radius", TargetView::radius}},
        {.help = "what it knows of a target's place. position: the distance from the centre and "
                 "the products of the direction with the cluster's vectors; radius: the "
                 "distance alone. With radius, modules = aggregator is spherical: an MLP of "
                 "r and the cluster's scalars"});
  }
  ModuleJoints joints() const override {
    return {.sees_position = true, .gives_pressure = true, .takes_features = true};
  }
  LearningGroup learning() const override { return {.max_rate = 1e-3, .weight_decay = 1e-4}; }

  std::vector<std::string> measured() const override { return {"target_radius"}; }
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override {
    measure_target_radius(lanes, sums[0]);
  }
  ModuleCost cost(NetworkOptions const& network, Phase) const override {
    return {.per_target = mlp_flops(n_inputs(network), layers, width)};
  }

  /// Of the target and the cluster, and what the other modules give.
  std::int64_t n_inputs(NetworkOptions const& network) const {
    return n_target_inputs(network, sees) + network.n_features();
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
