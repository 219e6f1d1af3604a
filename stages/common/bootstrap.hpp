// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stages/common/cluster_score.hpp"

namespace setsz {

/// The middle value, the mean of the two middle ones of an even number. \pre not empty
double median(std::vector<double> values);

/// Percentiles of a figure over its bootstrap samples.
struct ConfidenceInterval {
  double p2_5, p16, p84, p97_5;
};
/// \pre not empty
ConfidenceInterval interval_of(std::vector<double> samples);

struct BootstrapSettings {
  std::int64_t resamples = 2000;
  std::int64_t seed = 1;
};

/// Of a table with several networks: the mean of all of them, or any single one.
enum class Quoted { mean_of_networks, one_network };

/// Draws what other clusters and other training seeds could have given (bootstrap: Efron &
/// Tibshirani 1993).
///
/// Clusters are drawn with replacement. The networks of a fold are drawn beside them: for
/// `one_network` one of its seeds; for the mean as many as there are, with replacement, which
/// shifts each cluster's loss to first order: the loss of a mean with weights w_i that add up to 1
/// has the derivative 2 x shared_i, and a mean in which a network stands twice would be worse for
/// that reason alone. The shift is made on ln(loss) and scaled by sqrt(S/(S-1)), since the spread
/// among S networks about their own mean is that much too small. With one network (n_seeds = 0) the
/// noise of seeds is not known, and clusters are all that is drawn.
class Resampler {
 public:
  /// \param name  of the model: the seeds of two models are drawn independently, and of tables with
  ///              the same number of clusters the same clusters, so that models can be paired
  Resampler(ScoreTable const& table, Quoted quoted, std::int64_t seed, std::string_view name);

  /// A function of the constructor's arguments and the index.
  std::vector<ClusterScore> draw(std::int64_t index) const;

 private:
  /// How much each network counts in a fold: its weight in the mean less 1/S, or 1 for the one.
  std::vector<double> draw_networks(std::int64_t index, std::int64_t fold) const;
  ClusterScore with_networks(std::size_t cluster, std::vector<double> const& weights) const;

  ScoreTable const& table_;
  Quoted quoted_;
  std::uint64_t seed_, seed_of_networks_;
  std::int64_t n_folds_ = 0;
};

}  // namespace setsz
