// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/module_network.hpp"
#include "model/particle_features.hpp"
#include "model/target_view.hpp"

namespace setsz {

/// What an MLP is told of a target: r/R200, the products r^.e, the cluster's scalars s.
/// Standardised; r by the quantity "target_radius".
class TargetInputs {
 public:
  TargetInputs(NetworkSetup const& setup, TargetView view);
  /// \return tensors of n rows, together as many columns as n_target_inputs
  std::vector<at::Tensor> operator()(ChunkContext const& chunk) const;

 private:
  at::Tensor directions(ChunkContext const& chunk) const;

  NetworkSetup const& setup_;
  ContractionRule rule_;
  TargetView view_;
};

}  // namespace setsz
