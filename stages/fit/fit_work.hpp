// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/fit/fit_report.hpp"
#include "stages/fit/gnfw_fit.hpp"

namespace setsz {

/// Blocks into which the rows are cut: enough for a thousand ranks, and 2 MB of answers.
int fit_blocks(std::int64_t n_clusters);

/// The clusters of one rank, as far as the fits ask for them. No other rank holds them.
///
/// Rows are cut into blocks, the same on any number of ranks, which belong to ranks in turn; what
/// blocks give is put together in their order.
class FitShare {
 public:
  /// Collective: reads the cubes of this rank's clusters (some 5 kB of each are kept).
  FitShare(Comm const& comm, ClusterTable const& table, std::int64_t fold, std::string const& path);

  /// The training clusters, by blocks.
  std::vector<std::vector<FitCluster>> blocks() const;
  /// Collective: mean of scatter_about_shells over the training clusters; on rank 0 only.
  double mean_scatter() const;
  /// Collective: the training clusters of all ranks, in the order of rows; on rank 0 only.
  /// \return they, and in how many radii their pressure is
  std::pair<std::vector<FluxCluster>, std::int64_t> flux_clusters() const;
  /// Collective: of all clusters, in the order of rows; on rank 0 only.
  std::vector<FitFigures> figures(GnfwParameters const& benchmark,
                                  GnfwParameters const& flux) const;

 private:
  RadialSums const& sums(std::int64_t row) const { return sums_[row - rows_.first]; }
  /// Calls visit(row) for the training clusters of this rank.
  template <class Visit>
  void each_training(Range rows, Visit&& visit) const;

  Comm const& comm_;
  ClusterTable const& table_;
  std::int64_t fold_;
  Range blocks_, rows_;  ///< of this rank
  std::vector<RadialSums> sums_;
};

/// The residuals of all training clusters, wherever rank 0 asks for them.
class SharedResiduals {
 public:
  SharedResiduals(Comm const& comm, std::vector<std::vector<FitCluster>> blocks, FitFrame frame)
      : comm_(comm), blocks_(std::move(blocks)), frame_(frame) {}

  /// Collective: rank 0 walks, the others answer until it is done. All return, or all throw.
  void lead(std::function<void()> const& walk);
  /// Rank 0, while it walks.
  FoldedResiduals at(FitPoint const& point);
  /// Has any rank got a signal to stop, when rank 0 last asked?
  bool stop_asked() const { return stop_asked_; }

 private:
  struct Question {
    FitPoint point{};
    bool last = false;
  };
  /// Collective. \return was there another question?
  bool answer(Question question);

  Comm const& comm_;
  std::vector<std::vector<FitCluster>> blocks_;
  FitFrame frame_;
  std::vector<FoldedResiduals> answers_;  ///< of all blocks, on rank 0
  bool stop_asked_ = false;
};

}  // namespace setsz
