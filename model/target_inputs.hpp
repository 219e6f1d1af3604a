// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/module_network.hpp"
#include "model/particle_features.hpp"
#include "model/target_view.hpp"

namespace setsz {

/// How a direction r^ is seen along a vector e.
enum class VectorView {
  product,   ///< r^.e
  absolute,  ///< |r^.e|
  squared    ///< (r^.e)^2 without its mean over directions, times sqrt(5)/2
};

/// What an MLP is told of a target: r/R200, the products r^.e, the cluster's scalars s.
/// Standardised; r by the quantity "target_radius".
class TargetInputs {
 public:
  TargetInputs(NetworkSetup const& setup, TargetView view);
  /// \return  shape (n, n_target_inputs)
  at::Tensor operator()(ChunkContext& chunk) const;

 private:
  at::Tensor fused(ChunkContext& chunk) const;
  at::Tensor reference(ChunkContext const& chunk) const;
  at::Tensor directions(ChunkContext const& chunk) const;

  NetworkSetup const& setup_;
  ContractionRule rule_;
  TargetView view_;
  std::vector<VectorView> vector_views_;  ///< of each vector; empty if none is seen
};

}  // namespace setsz
