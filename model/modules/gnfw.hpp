// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/module_list.hpp"

namespace setsz {

/// The analytic profile P0 y^-0.3 (1 + y)^-beta, y = (r + core)/xc, with trainable amplitudes, mass
/// slopes and core (7 numbers) that start from the benchmark. Amplitudes and core are held as
/// logarithms: they stay positive, and a learning rate is a relative change.
class Gnfw : public ModuleOf<Gnfw> {
 public:
  static constexpr std::string_view key = "gnfw";

  std::string title() const override { return "the profile"; }
  bool is_default() const override { return true; }
  ModuleJoints joints() const override {
    return {.sees_position = true, .gives_profile = true, .gives_pressure = true};
  }
  LearningGroup learning() const override { return {.max_rate = 1e-3}; }

  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
