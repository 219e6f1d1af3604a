// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>

#include "model/module_list.hpp"
#include "model/network_options.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

/// The analytic profile P0 y^-0.3 (1 + y)^-beta, y = (r + core)/xc, with trainable amplitudes, mass
/// slopes and core (7 numbers) that start from the benchmark. Amplitudes and core are held as
/// logarithms: they stay positive, and a learning rate is a relative change.
class Gnfw : public ModuleOf<Gnfw> {
 public:
  static constexpr std::string_view key = "gnfw";
  /// What can be fixed, in the order of the trainable numbers: amplitude and slope of each, core.
  static std::vector<std::string> parts() { return {"P0", "xc", "beta", "core"}; }

  std::vector<std::string> fixed;  ///< of parts(): stay those of the benchmark

  std::string title() const override { return "the profile"; }
  bool is_default() const override { return true; }
  void declare(OptionList& options) override {
    options.add("gnfw_fixed", fixed,
                {.help = concat("what stays as the fit of the benchmark gives it, any of ",
                                join(parts(), ", "), "; the rest is learnt (published: all)")});
  }
  void validate(NetworkOptions const& network) const override {
    for (auto const& part : fixed) {
      auto const known = parts();
      require(std::ranges::find(known, part) != known.end(), ExitCode::config,
              "gnfw_fixed: the profile has no '", part, "' (known: ", join(known, ", "), ")");
    }
    require(!network.any(&ModuleJoints::scales_radius) || is_fixed("xc"), ExitCode::config,
            "modules = ", join(network.modules, ", "),
            ": deformer scales the radius, and so does xc of the profile; set gnfw_fixed = xc");
  }
  ModuleJoints joints() const override {
    return {.sees_position = true, .gives_profile = true, .gives_pressure = true};
  }
  LearningGroup learning() const override { return {.max_rate = 1e-3}; }

  bool is_fixed(std::string_view part) const {
    return std::ranges::find(fixed, part) != fixed.end();
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
