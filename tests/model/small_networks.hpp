// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "model/network.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/text.hpp"
#include "random_batch.hpp"

// Small networks for tests, and what they make.
namespace setsz::testing {

/// Sets of modules that a network may have.
inline std::vector<std::vector<std::string>> const variants{
    {"gnfw"},
    {"gnfw", "origin"},
    {"local"},
    {"gnfw", "local"},
    {"gnfw", "local", "origin"},
    {"local", "aggregator"},
    {"aggregator"},
    {"origin", "aggregator"},
    {"gnfw", "origin", "local", "aggregator"},
    {"density"},
    {"gnfw", "deformer"},
    {"gnfw", "density", "aggregator"},
    {"gnfw", "origin", "deformer", "aggregator"},
    {"gnfw", "origin", "cluster_scalar", "cluster_vector", "aggregator"}};

/// The first of the parameters of a tensor.
inline float* values_of(Network& network, std::string_view tensor) {
  for (auto const& info : network.layout().tensors())
    if (info.name == tensor) return network.parameters().data() + info.first;
  return nullptr;
}

inline bool has(std::vector<std::string> const& modules, std::string const& name) {
  return std::ranges::find(modules, name) != modules.end();
}

inline Network make(std::vector<std::string> const& modules, std::uint64_t seed = 3,
                    PoolWeight pooling = PoolWeight::position,
                    Contractions contractions = Contractions::parity) {
  Standardisation standardisation;
  standardisation.quantities["log_density"] = standardisation.quantities["density"] = {6.3, 1};
  standardisation.reference_p200 = 0.2;
  standardisation.fitted["origin"] = {0.3, -0.2, 0.1, 0.3,  0.2, 0.1, -0.1, 0.2,  0.1, 0.05,
                                      0.1, 0.2,  0.1, -0.3, 0.1, 0.2, -0.2, 0.05, 0.1, 0.1};
  auto options = small_network(modules);
  options.get<Origin>().pooling = pooling;
  options.contractions = contractions;
  for (auto const* module : options.chosen())
    for (auto const& name : module->measured()) standardisation.quantities.try_emplace(name);
  Network network(options, standardisation, {}, seed);
  if (modules == std::vector<std::string>{"local"})  // starts near zero, where ReLU cuts it off
    *values_of(network, "local.head.1.bias") = 1;
  if (has(modules, "deformer")) {  // starts without effect
    Random random(seed, Purpose::test);
    for (int i = 0; i < 9; ++i)
      values_of(network, "deformer.mlp.1.weight")[i] = single(0.1 * random.normal());
  }
  return network;
}

inline double relative_rms(std::vector<float> const& a, std::vector<float> const& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(a[i] - b[i], 2);
    size += std::pow(a[i], 2);
  }
  return std::sqrt(difference / (size + 1e-30));
}

inline Vec3 shift_of(Network const& network, TargetBatch const& batch) {
  auto const states = network.cluster_state(batch);
  auto const shift = states.find("shift");
  if (shift == states.end()) return {};
  return {shift->second[0], shift->second[1], shift->second[2]};
}

inline std::string name_of(std::vector<std::string> const& modules) { return join(modules, "+"); }

inline std::vector<float> gradient_of(Network& network, TargetBatch const& batch) {
  std::ranges::fill(network.gradient(), 0.0F);
  network.accumulate_gradient(batch, 0.1, 99);
  return {network.gradient().begin(), network.gradient().end()};
}

}  // namespace setsz::testing
