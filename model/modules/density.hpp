// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/local_density.hpp"
#include "model/module_list.hpp"
#include "model/network_options.hpp"

namespace setsz {

/// The density of dark matter around a target and nothing else: the exact count of particles in a
/// sphere, of which none enters.
///
/// It hands one standardised number to the module that takes features. Where there is none, it
/// takes the place of Local: an MLP of that number, times P_ref/P200, and a head of its own; then
/// the network sees neither the target's position nor the cluster's scalars. \source Thiele et al.
/// (2022), section 4: "a network using only the local density"
class Density : public ModuleOf<Density> {
 public:
  static constexpr std::string_view key = "density";

  std::int64_t layers = 2;
  std::int64_t width = 189;
  SphereRadius radius{310, SphereRadius::Unit::ckpch};

  std::string title() const override { return "the density"; }
  void declare(OptionList& options) override {
    add_size(options, "density_layers", layers,
             "hidden layers of density's MLP; it has one where no aggregator takes the density");
    add_size(options, "density_width", width, "neurons in each of them");
    add_sphere_radius(options, "density_radius", radius,
                      "radius of the sphere around a target whose density the network sees");
  }
  ModuleJoints joints() const override { return {.gives_pressure = true, .features = 1}; }
  ModuleNeeds needs() const override { return {.local_radius = radius}; }
  LearningGroup learning() const override { return {.max_rate = 3e-4}; }

  std::vector<std::string> measured() const override { return {"density"}; }
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override {
    for (auto const& lane : lanes)
      for (auto const n : lane.n_within)
        sums[0].add(log_density(lane.cluster, n, radius.ckpch(lane.cluster.r200c)));
  }
  ModuleCost cost(NetworkOptions const& network, Phase) const override {
    bool const alone = !network.any(&ModuleJoints::takes_features);
    return {.per_target = alone ? mlp_flops(1, layers, width) : 0};
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
