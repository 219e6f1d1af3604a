// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

/// \pre sorted
double percentile(std::vector<double> const& sorted, double fraction) {
  double const at = fraction * real(sorted.size() - 1);
  auto const below = static_cast<std::size_t>(at);
  auto const above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - real(below)) * (sorted[above] - sorted[below]);
}

std::uint64_t number_of(std::string_view name) {
  std::uint64_t number = 0;
  for (char const letter : name) number = hash64(number, static_cast<unsigned char>(letter));
  return number;
}

}  // namespace

double median(std::vector<double> values) {
  auto const half = std::ssize(values) / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  double const upper = values[static_cast<std::size_t>(half)];
  if (values.size() % 2 == 1) return upper;
  return (*std::max_element(values.begin(), values.begin() + half) + upper) / 2;
}

ConfidenceInterval interval_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {percentile(samples, 0.025), percentile(samples, 0.16), percentile(samples, 0.84),
          percentile(samples, 0.975)};
}

Resampler::Resampler(ScoreTable const& table, Quoted quoted, std::int64_t seed,
                     std::string_view name)
    : table_(table),
      quoted_(quoted),
      seed_(static_cast<std::uint64_t>(seed)),
      seed_of_networks_(hash64(seed_, number_of(name))) {
  for (auto const& score : table.clusters) n_folds_ = std::max(n_folds_, score.fold + 1);
}

std::vector<ClusterScore> Resampler::draw(std::int64_t index) const {
  std::vector<std::vector<double>> weights;
  for (std::int64_t fold = 0; fold < n_folds_ && table_.n_seeds > 0; ++fold)
    weights.push_back(draw_networks(index, fold));
  auto const n = table_.clusters.size();
  Random random(seed_, Purpose::bootstrap, static_cast<std::uint64_t>(index));
  std::vector<ClusterScore> drawn;
  drawn.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    auto const cluster = random.below(n);
    drawn.push_back(table_.n_seeds == 0
                        ? table_.clusters[cluster]
                        : with_networks(cluster, weights[table_.clusters[cluster].fold]));
  }
  return drawn;
}

std::vector<double> Resampler::draw_networks(std::int64_t index, std::int64_t fold) const {
  Random random(seed_of_networks_, Purpose::bootstrap, static_cast<std::uint64_t>(index),
                1 + static_cast<std::uint64_t>(fold));
  std::size_t const n = table_.n_seeds;
  std::vector<double> weights(n, 0);
  if (quoted_ == Quoted::one_network) {
    weights[random.below(n)] = 1;
    return weights;
  }
  if (n == 1) return weights;
  double const widening = std::sqrt(real(n) / real(n - 1));
  for (std::size_t i = 0; i < n; ++i) weights[random.below(n)] += 1;
  for (double& weight : weights) weight = widening * (weight - 1) / real(n);
  return weights;
}

ClusterScore Resampler::with_networks(std::size_t cluster,
                                      std::vector<double> const& weights) const {
  auto score = table_.clusters[cluster];
  auto const seeds = table_.seeds_of(cluster);
  double loss = 0, shared = 0, y = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    loss += weights[i] * seeds[i].loss;
    shared += weights[i] * seeds[i].shared;
    y += weights[i] * seeds[i].y_pred;
  }
  if (quoted_ == Quoted::one_network) {
    score.loss = loss;
    score.y_pred = y;
    return score;
  }
  if (score.loss > 0) score.loss *= std::exp(2 * shared / score.loss);
  score.y_pred += y;
  return score;
}

}  // namespace setsz
