// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/check_sample.hpp"

#include <array>
#include <utility>

#include "model/drawn_states.hpp"

namespace setsz {

namespace {

/// Numbers the sample among the epochs; no training reaches it.
constexpr std::uint64_t check_epoch = 0xfffffff0;
constexpr std::array<std::int64_t, 16> codes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

}  // namespace

TargetBatch check_sample(NetworkOptions const& network, TrainingCluster const& cluster,
                         std::uint64_t seed) {
  auto const needs = network.needs();
  DrawSizes const sizes{.targets = check_targets,
                        .lanes = 1,
                        .local_particles = needs.local_particles.in(Phase::prediction),
                        .cluster_particles = needs.cluster_particles.in(Phase::prediction)};
  return cluster.draw(sizes, seed, check_epoch).front();
}

CheckedPredictions predict_codes(Network const& network, TargetBatch const& sample,
                                 std::uint64_t seed) {
  auto const known = network.cluster_state(sample);
  auto states = drawn_states(network.options(), known, seed, sample.cluster_row, codes);
  CheckedPredictions result;
  if (!network.options().has_code()) {
    result.without_code = network.predict(sample, {}, known);
    result.samples = {result.without_code};
    return result;
  }
  states.push_back(without_code(network.options(), known));
  result.samples = network.predict_each(sample, {}, states);
  result.without_code = std::move(result.samples.back());
  result.samples.pop_back();
  return result;
}

}  // namespace setsz
