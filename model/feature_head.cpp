// SPDX-License-Identifier: BSD-3-Clause
#include "model/feature_head.hpp"

namespace setsz {

namespace {

MlpShape head_shape(std::int64_t n_features, std::int64_t width, NetworkOptions const& network) {
  MlpShape shape{.inputs = n_features, .hidden_layers = 1, .width = width};
  Corrections::set_head(shape, network);
  return shape;
}

}  // namespace

FeatureHead::FeatureHead(ParameterLayout& layout, std::string const& module,
                         std::int64_t n_features, std::int64_t width, NetworkSetup const& setup)
    : setup_(setup),
      mlp_(layout, module, "head", head_shape(n_features, width, setup.options)),
      corrections_(layout, module) {}

void FeatureHead::initialise(ParameterLayout const& layout, std::span<float> parameters,
                             std::uint64_t seed) const {
  mlp_.initialise(layout, parameters, seed);
  corrections_.initialise(setup_.options, layout, parameters);
}

at::Tensor FeatureHead::pressure(ChunkContext& chunk, at::Tensor const& features) const {
  return corrections_(chunk, mlp_(chunk.cluster, chunk.backward, {features}));
}

}  // namespace setsz
