// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/model_state.hpp"
#include "model/parameters.hpp"

namespace setsz {

/// Adds the parameters of a network as tensors "<group>/<name>".
void add_parameters(ModelState& state, std::string const& group, ParameterLayout const& layout,
                    std::span<float const> parameters);

/// What became of the tensors of a network when they were loaded by name; names.
struct LoadReport {
  std::vector<std::string> loaded;
  std::vector<std::string> missing;      ///< of the network, not in the state: kept as they were
  std::vector<std::string> other_shape;  ///< in both, but not of one shape: kept as they were
  std::vector<std::string> unused;       ///< in the state only
  bool complete() const { return missing.empty() && other_shape.empty() && unused.empty(); }
  /// "3 tensors loaded; missing (keep their start) origin.k; unused local.head.0.weight, ..."
  std::string text() const;
};

/// Takes every tensor whose name and shape are those of the network.
LoadReport load_parameters(ModelState const& state, std::string const& group,
                           ParameterLayout const& layout, std::span<float> parameters);

}  // namespace setsz
