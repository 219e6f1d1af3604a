// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/origin.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>

#include <optional>

#include "model/particle_pool.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

class OriginNetwork : public ModuleNetwork {
 public:
  OriginNetwork(Origin const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : options_(options), form_(Origin::key, setup.options, setup.standardisation) {
    if (!options.deep) return;
    xoff_ = setup.options.columns().scalar("xoff");
    pool_.emplace(layout, Origin::key,
                  MlpShape{.inputs = n_cluster_features(setup.options),
                           .hidden_layers = options.layers,
                           .width = options.width,
                           .outputs = 2,
                           .linear_head = true,
                           .head_scale = setup.options.head_scale},
                  options.pooling);
  }
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    if (pool_) pool_->initialise(layout, parameters, seed);
  }
  void prepare(ClusterContext& context) const override {
    if (context.shared.contains("shift")) return;  // known from before
    auto u = context.put(linear_part(context));
    if (pool_) u = u + deep_part(context);
    // The small number keeps the gradient finite at u = 0; tanh(x)/x is smooth there.
    auto const length = at::sqrt(at::sum(u * u) + 1e-12);
    context.shared["shift"] = u * at::tanh(length) * 0.5 / length;
  }
  void place(ChunkContext& chunk) const override {
    chunk.position = chunk.position - chunk.cluster.shared.at("shift");
  }

 private:
  /// In units of R200/2, the reach of the shift.
  at::Tensor linear_part(ClusterContext const& context) const {
    auto part = at::zeros({3});
    auto const& fitted = context.setup.standardisation.fitted;
    auto const coefficients = fitted.find(Origin::key);
    if (!options_.linear || coefficients == fitted.end()) return part;
    require(coefficients->second.size() == context.batch.cluster.shells.size(), ExitCode::bad_data,
            "the linear filter of origin has ", coefficients->second.size(),
            " coefficients, but particles.h5 ", context.batch.cluster.shells.size(),
            " shells; the model was trained by another version of setsz, train it again");
    Vec3 const centre = filtered_centre(coefficients->second, context.batch.cluster.shells);
    for (std::size_t axis = 0; axis < 3; ++axis) floats_of(part)[axis] = single(2 * centre[axis]);
    return part;
  }
  at::Tensor deep_part(ClusterContext& context) const {
    auto const& batch = context.batch;
    auto const fill = [&](std::span<float> features) {
      cluster_features(batch.cluster, form_, batch.cluster_particles, features);
    };
    RowGroups whole{{0, std::ssize(batch.cluster_particles)},
                    pool_weights(options_.pooling, batch.cluster, batch.cluster_particles)};
    auto const vectors = pool_->mean(context, std::move(whole), fill, context.after_backward)[0];
    return vectors[0] * batch.scalars[xoff_] + vectors[1];
  }

  Origin options_;
  ClusterForm form_;
  std::size_t xoff_ = 0;
  std::optional<ParticlePool> pool_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Origin::network(NetworkSetup const& setup,
                                               ParameterLayout& layout) const {
  return std::make_unique<OriginNetwork>(*this, setup, layout);
}

}  // namespace setsz
