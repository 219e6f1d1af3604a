// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <numeric>
#include <string>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/compare/paired.hpp"

namespace setsz::test {

/// Clusters that are difficult for every model (a factor e of scatter), on which a model's loss is
/// `factor` times as large, with `scatter` of its own.
inline Contender a_model(std::string const& name, double factor, double scatter,
                         std::uint64_t seed = 1, std::int64_t n = 141) {
  Random common(seed, Purpose::test),
      own(hash64(seed, std::hash<std::string>()(name)), Purpose::test);
  Contender model{.name = name, .member = "seed1", .scores = {}, .seeds = {1}};
  for (std::int64_t i = 0; i < n; ++i) {
    double const difficulty = std::exp(common.normal());
    double const loss = factor * difficulty * std::exp(scatter * own.normal());
    model.scores.clusters.push_back({.row = i,
                                     .id = 500 + 3 * i,
                                     .fold = i % 5,
                                     .n_voxels = 8784,
                                     .m200c = 1000 * std::exp(0.02 * real(i)),
                                     .loss = loss,
                                     .loss_benchmark = 1,
                                     .y_pred = 0.9,
                                     .y_gas = 1,
                                     .y_benchmark = 0.95,
                                     .flux_factor = 1,
                                     .loss_uncorrected = loss});
  }
  return model;
}

/// Makes it the mean of networks whose losses differ by these factors, in every fold alike.
inline void add_networks(Contender& model, std::vector<double> const& factors) {
  model.member = "ensemble";
  model.scores.n_seeds = std::ssize(factors);
  model.seeds.resize(factors.size());
  std::iota(model.seeds.begin(), model.seeds.end(), 1);
  for (auto const& score : model.scores.clusters)
    for (double const factor : factors)
      model.scores.seeds.push_back({factor * score.loss, factor * score.loss, score.y_pred});
}

}  // namespace setsz::test
