// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/gnfw.hpp"
#include "model/layers.hpp"
#include "model/network.hpp"
#include "model/target_batch.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// What all modules see of the network they belong to.
struct NetworkSetup {
  NetworkOptions options;
  Standardisation standardisation;
  GnfwParameters gnfw;  ///< the benchmark fit, from which the profile starts
};

/// One evaluation of a lane or block: what belongs to the cluster as a whole.
struct ClusterContext {
  NetworkSetup const& setup;
  TargetBatch const& batch;
  Tensors const& parameters;
  at::Tensor vectors{};  ///< (8, 3), times sqrt(3)
  at::Tensor scalars{};  ///< (11), standardised
  /// Results of the modules that run once per cluster ("shift", (3) in R200), by name. In training
  /// they are detached: their gradients are collected over the chunks, then sent back once.
  std::map<std::string, at::Tensor> shared{};

  at::Device device = at::kCPU;  ///< of all tensors here
  /// Moves inputs, which are made in host memory, to where they are used.
  at::Tensor put(at::Tensor const& input) const { return input.to(device); }

  ParticleKernel kernel = ParticleKernel::fused;
  std::span<float const> values{};  ///< the parameters, flat
  std::span<float> gradient{};      ///< the same of the gradient; empty in prediction
  /// What modules that differentiate by hand do once libtorch has come back to their outputs.
  std::vector<std::function<void(ClusterContext const&)>> after_backward{};
  bool training() const { return !gradient.empty(); }
};

/// A chunk of the targets. Modules fill it one after the other.
struct ChunkContext {
  ChunkContext(ClusterContext const& the_cluster, Range the_targets, DropoutMasks the_masks)
      : cluster(the_cluster), targets(the_targets), masks(std::move(the_masks)) {}

  ClusterContext const& cluster;
  Range targets;
  DropoutMasks masks;
  at::Tensor radius;                 ///< (n), of the targets from the (shifted) centre [R200]
  at::Tensor angles;                 ///< (n, 8), r^.e over 1/sqrt(3)
  at::Tensor profile;                ///< (n), P/P200 of the gnfw; undefined without it
  std::vector<at::Tensor> features;  ///< (n, *) what goes into the aggregator, module by module
  at::Tensor corrections;            ///< (n, 2 or 1): a1, a2 or a; undefined without them
  std::vector<std::function<void(ChunkContext const&)>> after_backward;  ///< of this chunk
};

/// A part of the network. Its constructor registers its parameters with the layout.
class Module {
 public:
  virtual ~Module() = default;
  /// Starting values.
  virtual void initialise(ParameterLayout const& layout, std::span<float> parameters,
                          std::uint64_t seed) const = 0;
  /// Once per cluster and lane.
  virtual void prepare(ClusterContext&) const {}
  /// Once per chunk of targets.
  virtual void evaluate(ChunkContext&) const {}
  /// Dropout rates of the columns of masks that `evaluate` takes.
  virtual std::vector<double> dropout_rates() const { return {}; }
};

/// The modules that the options ask for, in the order in which they are evaluated.
std::vector<std::unique_ptr<Module>> make_modules(NetworkSetup const& setup,
                                                  ParameterLayout& layout);

}  // namespace setsz
