// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/cluster_vector.hpp"

#include <ATen/TensorOperators.h>

#include <cmath>

#include "model/particle_pool.hpp"

namespace setsz {

namespace {

MlpShape mlp_shape(ClusterVector const& options, NetworkSetup const& setup) {
  return {.inputs = n_cluster_features(setup.options),
          .hidden_layers = options.layers,
          .width = options.width,
          .outputs = options.outputs,
          .linear_head = true,
          .head_scale = setup.options.head_scale};
}

class ClusterVectorNetwork : public ModuleNetwork {
 public:
  ClusterVectorNetwork(ClusterVector const& options, NetworkSetup const& setup,
                       ParameterLayout& layout)
      : options_(options),
        form_(ClusterVector::key, setup.options, setup.standardisation),
        pool_(layout, ClusterVector::key, mlp_shape(options, setup), options.pooling) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    pool_.initialise(layout, parameters, seed);
  }
  void prepare(ClusterContext& context) const override {
    if (context.shared.contains(key_)) return;  // known from before
    auto const& batch = context.batch;
    auto const fill = [&](std::span<float> features) {
      cluster_features(batch.cluster, form_, batch.cluster_particles, features);
    };
    RowGroups whole{{0, std::ssize(batch.cluster_particles)},
                    pool_weights(options_.pooling, batch.cluster, batch.cluster_particles)};
    auto const vectors = pool_.mean(context, std::move(whole), fill, context.backward);
    context.shared[key_] = context.put(vectors).reshape({3 * options_.outputs});
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const vectors = chunk.cluster.shared.at(key_).view({options_.outputs, 3});
    chunk.features.push_back(row_products(chunk.direction, vectors) * std::sqrt(3.0));
  }

 private:
  ClusterVector options_;
  std::string const key_{ClusterVector::key};
  ClusterForm form_;
  ParticlePool pool_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> ClusterVector::network(NetworkSetup const& setup,
                                                      ParameterLayout& layout) const {
  return std::make_unique<ClusterVectorNetwork>(*this, setup, layout);
}

}  // namespace setsz
