// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/module_list.hpp"
#include "model/target_view.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

/// Deviations of the profile from a sphere: it is evaluated at exp(d) r, d = MLP(r, r^.e, s).
///
/// It sees the centre that Origin gives. At first d = 0 everywhere. Only the profile sees the
/// deformed radius.
/// \source Thiele et al. (2022), section 4: an MLP between Origin and GNFW
class Deformer : public ModuleOf<Deformer> {
 public:
  static constexpr std::string_view key = "deformer";

  std::int64_t layers = 3;
  std::int64_t width = 196;

  std::string title() const override { return "the deformer"; }
  void declare(OptionList& options) override {
    add_size(options, "deformer_layers", layers,
             "hidden layers of the MLP that deforms the radius at which the profile is evaluated");
    add_size(options, "deformer_width", width, "neurons in each of them");
  }
  void validate(NetworkOptions const& network) const override {
    require(network.any(&ModuleJoints::gives_profile), ExitCode::config,
            "deformer changes the radius that the profile sees, but no listed module gives a "
            "profile; add gnfw, or remove deformer");
  }
  ModuleJoints joints() const override { return {.scales_radius = true}; }
  LearningGroup learning() const override { return {.max_rate = 1e-3, .weight_decay = 1e-4}; }

  std::vector<std::string> measured() const override { return {"target_radius"}; }
  void measure(std::span<TargetBatch const> lanes, std::span<Moments> sums) const override {
    measure_target_radius(lanes, sums[0]);
  }
  ModuleCost cost(NetworkOptions const& network, Phase) const override {
    return {.per_target = mlp_flops(n_target_inputs(network, TargetView::position), layers, width)};
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
