// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/comm.hpp"

namespace setsz {

/// Fixed parts of a training step, dealt out to ranks in contiguous ranges, and sums over them that
/// are the same bits on any number of ranks: every lane is computed whole on one rank, and what the
/// lanes give is added in double in the lanes' order.
class LaneSum {
 public:
  LaneSum(Comm const& comm, int n_lanes, std::int64_t n_parameters);

  int n_lanes() const { return n_lanes_; }
  int rank_of(int lane) const { return rank_of(lane, n_lanes_, comm_.size()); }
  static int rank_of(int lane, int n_lanes, int n_ranks);
  /// The lanes of this rank.
  Range own_lanes() const { return even_range(n_lanes_, comm_.rank(), comm_.size()); }

  /// As many ranks as there are lanes add gradients: more would only make more messages.
  static int n_adders(int n_lanes, int n_ranks) { return std::clamp(n_lanes, 1, n_ranks); }

  /// Collective. The first ranks own a slice of the parameters each: they get that slice of all
  /// lanes, add, and give the sum to all. Half the traffic of a gather, and none of it on a single
  /// rank.
  /// \param lanes  (own lanes) x (n_parameters)
  void add_gradients(std::span<float const> lanes, std::span<float> sum) const;

  /// Collective. One value per own lane in, one per lane out, in the lanes' order on all ranks.
  template <class T>
  std::vector<T> gather(std::vector<T> const& own) const {
    return comm_.all_gather_v(own);
  }

 private:
  Comm comm_;
  int n_lanes_;
  std::int64_t n_parameters_;
};

}  // namespace setsz
