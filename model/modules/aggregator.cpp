// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/aggregator.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "model/corrections.hpp"
#include "model/particle_features.hpp"

namespace setsz {

namespace {

MlpShape mlp_shape(Aggregator const& options, NetworkOptions const& network) {
  MlpShape shape{.inputs = Aggregator::n_inputs(network),
                 .hidden_layers = options.layers,
                 .width = options.width,
                 .visible_dropout = options.visible_dropout,
                 .dropout = options.dropout};
  Corrections::set_head(shape, network);
  return shape;
}

class AggregatorNetwork : public ModuleNetwork {
 public:
  AggregatorNetwork(Aggregator const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : setup_(setup),
        rule_(setup.options.columns(), setup.options.contractions),
        mlp_(layout, std::string(Aggregator::key), "mlp", mlp_shape(options, setup.options)),
        corrections_(layout, std::string(Aggregator::key)) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    mlp_.initialise(layout, parameters, seed);
    corrections_.initialise(setup_.options, layout, parameters);
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const& context = chunk.cluster;
    auto const scale = setup_.standardisation.quantity("target_radius");
    std::vector<at::Tensor> inputs{
        ((chunk.radius - scale.mean) / scale.deviation).unsqueeze(1), directions(chunk),
        context.scalars.expand({chunk.targets.size(), context.scalars.size(0)})};
    inputs.insert(inputs.end(), chunk.features.begin(), chunk.features.end());
    chunk.pressure =
        corrections_(chunk, mlp_(context.parameters, at::cat(inputs, 1), &chunk.masks));
  }
  std::vector<double> dropout_rates() const override { return mlp_.dropout_rates(); }

 private:
  /// r^.e as features, see VectorContractions; shape (n, n_vectors).
  at::Tensor directions(ChunkContext const& chunk) const {
    auto const& vectors = chunk.cluster.vectors;
    auto const c = at::matmul(chunk.direction, vectors.t());
    if (setup_.options.contractions == Contractions::absolute) return c.abs();
    if (rule_.squared.empty()) return c;
    auto const squared = at::zeros({rule_.n_vectors});
    for (auto const k : rule_.squared) floats_of(squared)[k] = 1;
    auto const is_squared = chunk.cluster.put(squared);
    // Near the centre, where r^ loses its length, and for a vector that is zero, it goes to zero.
    auto const mean =
        at::sum(chunk.direction * chunk.direction, 1, true) * (at::sum(vectors * vectors, 1) / 3.0);
    return at::where(is_squared > 0.5, (c * c - mean) * (std::sqrt(5.0) / 2), c);
  }

  NetworkSetup const& setup_;
  ContractionRule rule_;
  Mlp mlp_;
  Corrections corrections_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Aggregator::network(NetworkSetup const& setup,
                                                   ParameterLayout& layout) const {
  return std::make_unique<AggregatorNetwork>(*this, setup, layout);
}

}  // namespace setsz
