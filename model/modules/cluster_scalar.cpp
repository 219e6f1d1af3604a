// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/cluster_scalar.hpp"

#include "model/particle_pool.hpp"

namespace setsz {

namespace {

MlpShape particle_shape(ClusterScalar const& options, NetworkOptions const& network) {
  return {.inputs = n_cluster_features(network),
          .hidden_layers = options.layers,
          .width = options.width,
          .outputs = options.width};
}
MlpShape pooled_shape(ClusterScalar const& options) {
  return {.inputs = options.width,
          .hidden_layers = options.layers,
          .width = options.width,
          .outputs = options.outputs,
          .linear_head = true};
}

class ClusterScalarNetwork : public ModuleNetwork {
 public:
  ClusterScalarNetwork(ClusterScalar const& options, NetworkSetup const& setup,
                       ParameterLayout& layout)
      : form_(ClusterScalar::key, setup.options, setup.standardisation),
        pool_(layout, ClusterScalar::key, particle_shape(options, setup.options), PoolWeight::one),
        mlp_(layout, key_, "pooled", pooled_shape(options)) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    pool_.initialise(layout, parameters, seed);
    mlp_.initialise(layout, parameters, seed);
  }
  void prepare(ClusterContext& context) const override {
    if (context.shared.contains(key_)) return;  // known from before
    auto const& batch = context.batch;
    auto const fill = [&](std::span<float> features) {
      cluster_features(batch.cluster, form_, batch.cluster_particles, features);
    };
    RowGroups whole{{0, std::ssize(batch.cluster_particles)}};
    auto const pooled = pool_.mean(context, std::move(whole), fill, context.backward);
    context.shared[key_] = mlp_(context, context.backward, {context.put(pooled)}).select(0, 0);
  }
  void evaluate(ChunkContext& chunk) const override {
    chunk.features.push_back(chunk.cluster.shared.at(key_));
  }

 private:
  std::string const key_{ClusterScalar::key};
  ClusterForm form_;
  ParticlePool pool_;
  Mlp mlp_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> ClusterScalar::network(NetworkSetup const& setup,
                                                      ParameterLayout& layout) const {
  return std::make_unique<ClusterScalarNetwork>(*this, setup, layout);
}

}  // namespace setsz
