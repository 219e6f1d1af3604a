// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/comm.hpp"

namespace setsz {

/// Parts of a training step, which the ranks share in contiguous ranges, and sums over them that
/// are the same bits however they are shared: every lane is computed whole on one rank, and what
/// the lanes give is added in double in the lanes' order.
class LaneSum {
 public:
  LaneSum(Comm const& comm, std::int64_t n_parameters);

  /// Collective, before each step. \param n_own  lanes of this rank; they follow those of the ranks
  /// before it
  void begin(std::int64_t n_own);
  /// The lanes of this rank.
  Range own_lanes() const { return own_; }

  /// Collective. `each` values per own lane in, the same per lane out, in the lanes' order on all
  /// ranks.
  template <class T>
  std::vector<T> gather(std::vector<T> const& own, std::int64_t each = 1) const {
    auto counts = lanes_of_rank_;
    for (auto& count : counts) count *= each;
    std::vector<T> all(static_cast<std::size_t>(n_lanes_ * each));
    comm_.all_gather_known(std::span<T const>(own), counts, std::span<T>(all));
    return all;
  }

  /// The gradient of an own lane; each has one.
  void put_gradient(std::int64_t lane, std::span<float const> gradient);
  /// Adds to what was put.
  void add_gradient(std::int64_t lane, std::span<float const> gradient);
  /// As many ranks as there are lanes add gradients: more would only make more messages.
  static int n_adders(std::int64_t n_lanes, int n_ranks) {
    return static_cast<int>(std::clamp<std::int64_t>(n_lanes, 1, n_ranks));
  }

  /// Collective. The first ranks own a slice of the parameters each: they get that slice of all
  /// lanes, add, and give the sum to all. Half the traffic of a gather, and none of it on a single
  /// rank.
  void sum_gradients(std::span<float> sum);

 private:
  /// The parameters that a rank adds up.
  Range slice(int rank) const {
    int const adders = n_adders(n_lanes_, comm_.size());
    return rank < adders ? even_range(n_parameters_, rank, adders) : Range{};
  }
  /// Calls visit(where a slice of the lane's gradient lies in own_rows_, slice) for all slices.
  template <class Visit>
  void each_slice(std::int64_t lane, Visit&& visit);

  Comm comm_;
  std::int64_t n_parameters_;
  std::vector<std::int64_t> lanes_of_rank_;
  std::int64_t n_lanes_ = 0;
  Range own_;
  /// Of the own lanes, as they are sent: for each rank its slice of every lane.
  std::vector<float> own_rows_;
  std::vector<float> rows_;  ///< of all lanes the own slice, where there are several ranks
};

}  // namespace setsz
