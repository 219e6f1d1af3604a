// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/module_network.hpp"
#include "model/pool_weight.hpp"

namespace setsz {

/// The first half of every DeepSet: each particle goes through one MLP, and the mean over the
/// particles of a group is taken, weighted with 1 or with a vector of the particle.
///
/// Both in one kernel (DenseMlp); the reference is the same layer by layer with libtorch. One
/// evaluation at a time.
class ParticlePool {
 public:
  ParticlePool(ParameterLayout& layout, std::string_view module, MlpShape const& shape,
               PoolWeight weight);
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const {
    mlp_.initialise(layout, parameters, seed);
  }
  /// Writes the features of all particles, shape (n_particles, inputs).
  using FillFeatures = std::function<void(std::span<float>)>;
  /// \param groups  particles of the whole cluster, or around each target of a chunk; with the
  ///                weights of pool_weights
  /// \param backward  of the cluster or chunk that the groups belong to
  /// \return shape (n_groups, outputs) for PoolWeight::one, else (n_groups, outputs, 3); zero for a
  ///         group without particles
  at::Tensor mean(ClusterContext const& context, RowGroups groups, FillFeatures const& fill,
                  BackwardSteps& backward) const;

 private:
  at::Tensor fused(ClusterContext const& context, RowGroups groups, FillFeatures const& fill,
                   BackwardSteps& backward) const;
  at::Tensor reference(ClusterContext const& context, RowGroups const& groups,
                       FillFeatures const& fill, BackwardSteps& backward) const;

  bool vectors_;  ///< is the result a vector for each output?
  Mlp mlp_;
};

}  // namespace setsz
