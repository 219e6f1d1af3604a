// SPDX-License-Identifier: BSD-3-Clause
#include "tests/model/toy/toy.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sum.h>

#include "model/particle_pool.hpp"

namespace setsz::testing {

namespace {

class ToyNetwork : public ModuleNetwork {
 public:
  ToyNetwork(Toy const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : term_(options.term),
        speed_(setup.standardisation.quantity("toy_speed")),
        pool_(layout, Toy::key,
              {.inputs = 1,
               .hidden_layers = 1,
               .width = options.width,
               .outputs = 1,
               .linear_head = true},
              PoolWeight::velocity) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    pool_.initialise(layout, parameters, seed);
  }
  void prepare(ClusterContext& context) const override {
    if (context.shared.contains("toy")) return;
    auto const& particles = context.batch.cluster_particles;
    auto const fill = [&](std::span<float> features) {
      for (std::size_t i = 0; i < particles.size(); ++i)
        features[i] = single(speed_(norm(velocity(particles[i]))));
    };
    RowGroups whole{{0, std::ssize(particles)},
                    pool_weights(PoolWeight::velocity, context.batch.cluster, particles)};
    auto const stream = pool_.mean(context, std::move(whole), fill, context.backward);
    context.shared["toy"] = at::sqrt(at::sum(stream * stream) + 1e-12).view({1});
  }
  void evaluate(ChunkContext& chunk) const override {
    chunk.features.push_back(chunk.cluster.shared.at("toy").expand({chunk.targets.size(), 1}));
  }
  at::Tensor loss(ClusterContext const& context) const override {
    if (term_ == 0) return {};
    auto const& code = context.shared.at("toy");
    return at::sum(code * code) * term_;
  }

 private:
  double term_;
  Affine speed_;
  ParticlePool pool_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Toy::network(NetworkSetup const& setup,
                                            ParameterLayout& layout) const {
  return std::make_unique<ToyNetwork>(*this, setup, layout);
}

}  // namespace setsz::testing
