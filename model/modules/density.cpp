// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/density.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <optional>

#include "model/feature_head.hpp"

namespace setsz {

namespace {

MlpShape density_shape(Density const& options) {
  return {.inputs = 1,
          .hidden_layers = options.layers,
          .width = options.width,
          .outputs = options.width,
          .linear_head = true};
}

/// In the place of Local, with the same scaling and the same head.
struct DensityAlone {
  Mlp mlp;
  FeatureHead head;

  DensityAlone(Density const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : mlp(layout, std::string(Density::key), "mlp", density_shape(options)),
        head(layout, std::string(Density::key), options.width, options.width, setup) {}
};

class DensityNetwork : public ModuleNetwork {
 public:
  DensityNetwork(Density const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : radius_(options.radius), setup_(setup) {
    if (!setup.options.any(&ModuleJoints::takes_features)) alone_.emplace(options, setup, layout);
  }
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    if (!alone_) return;
    alone_->mlp.initialise(layout, parameters, seed);
    alone_->head.initialise(layout, parameters, seed);
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const& batch = chunk.cluster.batch;
    auto const scale = setup_.standardisation.quantity("density");
    double const radius = radius_.ckpch(batch.cluster.r200c);
    auto const values = at::empty({chunk.targets.size(), 1});
    for (std::int64_t i = 0; i < chunk.targets.size(); ++i)
      floats_of(values)[i] = single(
          scale(log_density(batch.cluster, batch.n_within[chunk.targets.first + i], radius)));
    auto const density = chunk.cluster.put(values);
    chunk.features.push_back(density);
    if (!alone_) return;
    auto const features =
        scaled(chunk.cluster, chunk.backward, alone_->mlp(chunk.cluster, chunk.backward, {density}),
               setup_.standardisation.reference_p200 / batch.cluster.p200);
    chunk.pressure = alone_->head.pressure(chunk, features);
  }

 private:
  SphereRadius radius_;
  NetworkSetup const& setup_;
  std::optional<DensityAlone> alone_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Density::network(NetworkSetup const& setup,
                                                ParameterLayout& layout) const {
  return std::make_unique<DensityNetwork>(*this, setup, layout);
}

}  // namespace setsz
