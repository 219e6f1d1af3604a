// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/deformer.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>

#include "model/target_inputs.hpp"

namespace setsz {

namespace {

MlpShape mlp_shape(Deformer const& options, NetworkOptions const& network) {
  return {.inputs = n_target_inputs(network, TargetView::position),
          .hidden_layers = options.layers,
          .width = options.width,
          .outputs = 1,
          .linear_head = true,
          .head_scale = 0};
}

class DeformerNetwork : public ModuleNetwork {
 public:
  DeformerNetwork(Deformer const& options, NetworkSetup const& setup, ParameterLayout& layout)
      : target_(setup, TargetView::position),
        mlp_(layout, std::string(Deformer::key), "mlp", mlp_shape(options, setup.options)) {}
  void initialise(ParameterLayout const& layout, std::span<float> parameters,
                  std::uint64_t seed) const override {
    mlp_.initialise(layout, parameters, seed);
  }
  void evaluate(ChunkContext& chunk) const override {
    auto const d = mlp_(chunk.cluster, chunk.backward, {target_(chunk)}).select(1, 0);
    chunk.profile_radius = chunk.profile_radius * at::exp(d);
  }

 private:
  TargetInputs target_;
  Mlp mlp_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> Deformer::network(NetworkSetup const& setup,
                                                 ParameterLayout& layout) const {
  return std::make_unique<DeformerNetwork>(*this, setup, layout);
}

}  // namespace setsz
