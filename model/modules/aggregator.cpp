// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/aggregator.hpp"

#include "model/corrections.hpp"
#include "model/target_inputs.hpp"

namespace setsz {

namespace {

MlpShape mlp_shape(Aggregator const& options, NetworkOptions const& network) {
  MlpShape shape{.inputs = options.n_inputs(network),
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
        target_(setup, options.sees),
        mlp_(layout, std::string(Aggregator::key), "mlp", mlp_shape(options, setup.options)),
        corrections_(layout, std::string(Aggregator::key)) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    mlp_.initialise(layout, parameters, seed);
    corrections_.initialise(setup_.options, layout, parameters);
  }
  void evaluate(ChunkContext& chunk) const override {
    Tensors inputs{target_(chunk)};
    inputs.insert(inputs.end(), chunk.features.begin(), chunk.features.end());
    chunk.pressure = corrections_(chunk, mlp_(chunk.cluster, chunk.backward, inputs, &chunk.masks));
  }
  std::vector<double> dropout_rates() const override { return mlp_.dropout_rates(); }

 private:
  NetworkSetup const& setup_;
  TargetInputs target_;
  Mlp mlp_;
  Corrections corrections_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Aggregator::network(NetworkSetup const& setup,
                                                   ParameterLayout& layout) const {
  return std::make_unique<AggregatorNetwork>(*this, setup, layout);
}

}  // namespace setsz
