// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "plain_mlp.hpp"

namespace setsz::testing {

struct MlpExample {
  std::int64_t inputs, hidden_layers, width, outputs;
  bool linear_head = false;
};

inline std::vector<DenseLayer> layers_of(MlpExample const& shape, bool drops = false) {
  std::vector<DenseLayer> layers;
  std::int64_t end = 0;
  for (std::int64_t l = 0; l <= shape.hidden_layers; ++l) {
    bool const last = l == shape.hidden_layers;
    DenseLayer layer{.inputs = l == 0 ? shape.inputs : shape.width,
                     .outputs = last ? shape.outputs : shape.width,
                     .activate = !last || !shape.linear_head,
                     .drops = drops};
    layer.weight = end, end += layer.inputs * layer.outputs;
    layer.bias = end, end += layer.outputs;
    if (l > 0) {
      layer.gamma = end, end += layer.inputs;
      layer.beta = end, end += layer.inputs;
    }
    layers.push_back(layer);
  }
  return layers;
}

/// Weights that keep the size of activations, norms near the identity.
inline std::vector<float> random_parameters(std::vector<DenseLayer> const& layers) {
  auto parameters = random_numbers(
      1, layers.back().bias + 4 * (layers.back().outputs + 1) + 4 * layers.back().inputs);
  for (auto const& layer : layers) {
    for (std::int64_t i = 0; i < layer.inputs * layer.outputs; ++i)
      parameters[layer.weight + i] *= single(std::sqrt(2 / real(layer.inputs)));
    for (std::int64_t k = 0; layer.has_norm() && k < layer.inputs; ++k)
      parameters[layer.gamma + k] = 1 + 0.3F * parameters[layer.gamma + k];
  }
  return parameters;
}

double relative_rms(auto const& values, std::vector<double> const& expected) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(real(values[i]) - expected[i], 2);
    size += std::pow(expected[i], 2);
  }
  return std::sqrt(difference / (size + 1e-30));
}

}  // namespace setsz::testing
