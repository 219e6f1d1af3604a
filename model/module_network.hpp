// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Internal to setsz::model, as all headers that show ATen.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/by_hand.hpp"
#include "model/gnfw.hpp"
#include "model/layers.hpp"
#include "model/network.hpp"
#include "model/network_options.hpp"
#include "model/target_batch.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// What all modules see of the network they belong to.
struct NetworkSetup {
  NetworkOptions options;
  Standardisation standardisation;
  GnfwParameters benchmark;  ///< the fit from which a profile starts
};

/// One evaluation of a lane or block: what belongs to the cluster as a whole.
struct ClusterContext {
  NetworkSetup const& setup;
  TargetBatch const& batch;
  Tensors const& parameters;
  at::Tensor vectors{};  ///< (n_vectors, 3), times sqrt(3)
  at::Tensor scalars{};  ///< (n_scalars), standardised
  /// Results of the modules that run once per cluster ("shift", (3) in R200), by name. In training
  /// they are detached: their gradients are collected over the chunks, then sent back once.
  std::map<std::string, at::Tensor> shared{};

  at::Device device = at::kCPU;  ///< of all tensors here
  /// Moves inputs, which are made in host memory, to where they are used.
  at::Tensor put(at::Tensor const& input) const {
    return device.is_cpu() ? input : input.to(device);
  }

  ParticleKernel kernel = ParticleKernel::fused;
  Arithmetic arithmetic = Arithmetic::single;  ///< of prediction
  std::span<float const> values{};             ///< the parameters, flat
  std::span<float> gradient{};                 ///< the same of the gradient; empty in prediction
  /// Of a network's evaluations: weights are prepared for the kernels once in each.
  std::uint64_t evaluation = 0;
  mutable BackwardSteps backward{};  ///< of `shared`
  bool training() const { return !gradient.empty(); }
};

/// A chunk of the targets. Modules fill it one after the other.
struct ChunkContext {
  ChunkContext(ClusterContext const& the_cluster, Range the_targets, DropoutMasks the_masks)
      : cluster(the_cluster), targets(the_targets), masks(std::move(the_masks)) {}

  ClusterContext const& cluster;
  Range targets;
  DropoutMasks masks;
  at::Tensor position;        ///< (n, 3), of the targets from the centre [R200]
  at::Tensor radius;          ///< (n), its length
  at::Tensor profile_radius;  ///< (n), at which the profile is evaluated: `radius` at first
  at::Tensor direction;       ///< (n, 3), its unit vector
  at::Tensor profile;         ///< (n), P/P200 that corrections multiply; may be undefined
  Tensors features;           ///< for the module that takes them: (n, *), or (*) of the cluster
  at::Tensor pressure;        ///< (n), P/P200: the result of the last module that gives it
  BackwardSteps backward;
};

/// The half of a module that computes. Its constructor registers its parameters with the layout.
class ModuleNetwork {
 public:
  virtual ~ModuleNetwork() = default;
  /// Starting values.
  virtual void initialise(ParameterLayout const& layout, std::span<float> parameters,
                          std::uint64_t seed) const = 0;
  /// Once per cluster and lane. Results that `shared` already holds are known from before.
  virtual void prepare(ClusterContext&) const {}
  /// Once per chunk of targets, of all modules before any `evaluate`: moves the targets.
  virtual void place(ChunkContext&) const {}
  /// Once per chunk of targets.
  virtual void evaluate(ChunkContext&) const {}
  /// The module's own term of the loss of a cluster, from its results in `shared`; a scalar, or
  /// undefined. It is added to the mean over the targets of the cluster, after the cluster's weight
  /// has multiplied that.
  virtual at::Tensor loss(ClusterContext const&) const { return {}; }
  /// Dropout rates of the columns of masks that `evaluate` takes.
  virtual std::vector<double> dropout_rates() const { return {}; }
};

/// The floats of a contiguous tensor in host memory.
inline std::span<float> floats_of(at::Tensor const& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}
/// at::zeros goes through the dispatcher twice.
inline at::Tensor zeros(at::IntArrayRef shape) {
  auto tensor = at::empty(shape);
  std::ranges::fill(floats_of(tensor), 0.0F);
  return tensor;
}

}  // namespace setsz
