// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stages/common/bootstrap.hpp"

namespace setsz {

/// Losses of what a model with a code draws for one cluster.
struct SampleLosses {
  double sampled = 0;        ///< mean over its samples of the loss of each
  double reconstructed = 0;  ///< of the cube with the code that the gas implies
};

/// A model that takes part in a comparison.
struct Contender {
  std::string name;
  std::string member;  ///< "seed1", "ensemble"
  ScoreTable scores;
  /// Training seeds of its networks, in the order of `scores.seeds`; empty: not known, or not
  /// trained here.
  std::vector<std::int64_t> seeds{};
  std::map<std::int64_t, SampleLosses> samples{};  ///< by id of the cluster; empty: no samples
  nlohmann::json sample_figures{};  ///< what scores.json says of them; null: no samples
  nlohmann::json high_k_power{};    ///< its high_k_power_ratio, without the clusters; or null
  std::int64_t n_left_out = 0;      ///< clusters of which the mass disagrees, not scored
  std::int64_t n_networks = 0;      ///< whose training time is known
  double core_seconds = 0;          ///< of their training together
  std::map<std::int64_t, std::vector<double>>
      validation{};  ///< last ratios of its networks, by fold

  /// In the mean that is scored.
  std::int64_t n_in_mean() const { return std::max<std::int64_t>(scores.n_seeds, 1); }
};

/// Median over clusters of ln(loss of a / loss of b): below 0, a is better.
struct PairedDifference {
  std::int64_t n_clusters = 0;  ///< that both have
  double median = 0;
  ConfidenceInterval interval{};
  /// The common seeds whose networks were compared one by one; empty: the means of all networks.
  std::vector<std::int64_t> of_seeds{};
  bool significant() const { return interval.p2_5 > 0 || interval.p97_5 < 0; }
};

/// Both models on the same clusters in every bootstrap sample, so that what is difficult for both
/// does not count; their training seeds are drawn independently.
///
/// A mean of networks has a smaller loss than each of them. Where the models have different numbers
/// of networks, single ones are therefore compared, of the seeds that both have; without common
/// seeds the means are.
///
/// Throws Error(bad_data) where they share no cluster, or were scored on other voxels.
PairedDifference paired_difference(Contender const& a, Contender const& b,
                                   BootstrapSettings const& settings);

/// Scores of single networks: of each cluster the mean of the losses of some of its networks.
/// Resampled as the mean of networks is, it changes with the networks that are drawn to first
/// order. \param places  of the networks among the table's; not empty. With n_seeds = 0: the only
/// one
ScoreTable single_networks(ScoreTable const& table, std::span<std::size_t const> places);

/// Which networks a difference is of: "1", "means of 3", "of seed 1 alone", "mean of 3 against 1".
std::string networks_in_words(Contender const& a, Contender const& b,
                              std::vector<std::int64_t> const& of_seeds);

/// The clusters that both tables hold, by their places in each.
struct CommonClusters {
  std::vector<std::size_t> in_a, in_b;
};
CommonClusters common_clusters(ScoreTable const& a, ScoreTable const& b);

/// Throws Error(bad_data) unless the common clusters of two models have the same voxels and gas.
void require_same_voxels(Contender const& a, Contender const& b);

}  // namespace setsz
