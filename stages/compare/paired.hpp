// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "stages/common/bootstrap.hpp"

namespace setsz {

/// A model that takes part in a comparison.
struct Contender {
  std::string name;
  std::string member;  ///< "seed1", "ensemble"
  ScoreTable scores;
  std::int64_t n_left_out = 0;  ///< clusters of which the mass disagrees, not scored
  std::int64_t n_networks = 0;  ///< whose training time is known
  double core_seconds = 0;      ///< of their training together
  std::map<std::int64_t, std::vector<double>>
      validation{};  ///< last ratios of its networks, by fold
};

/// Median over clusters of ln(loss of a / loss of b): below 0, a is better.
struct PairedDifference {
  std::int64_t n_clusters = 0;  ///< that both have
  double median = 0;
  ConfidenceInterval interval{};
  bool significant() const { return interval.p2_5 > 0 || interval.p97_5 < 0; }
};

/// Both models on the same clusters in every bootstrap sample, so that what is difficult for both
/// does not count; their training seeds are drawn independently.
///
/// Throws Error(bad_data) where they share no cluster, or were scored on other voxels.
PairedDifference paired_difference(Contender const& a, Contender const& b,
                                   BootstrapSettings const& settings);

/// The clusters that both tables hold, by their places in each.
struct CommonClusters {
  std::vector<std::size_t> in_a, in_b;
};
CommonClusters common_clusters(ScoreTable const& a, ScoreTable const& b);

/// Throws Error(bad_data) unless the common clusters of two models have the same voxels and gas.
void require_same_voxels(Contender const& a, Contender const& b);

}  // namespace setsz
