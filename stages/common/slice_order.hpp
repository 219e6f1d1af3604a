// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"

namespace setsz {

/// The fixed slices of a snapshot and the order in which the ranks read them, turn by turn.
///
/// Snapshots are sorted in space, by halo or by domain: slices that follow each other in the files
/// hold particles of the same few owners of clusters, who would get what all ranks have read at
/// once. So consecutive turns are a golden section of the snapshot apart: whatever number of ranks
/// reads at a time, it reads all over the box.
class SliceOrder {
 public:
  /// \pre there are fewer than 2^31 slices
  SliceOrder(std::int64_t n_rows, std::int64_t slice_rows)
      : n_rows_(n_rows),
        slice_rows_(slice_rows),
        n_slices_((n_rows + slice_rows - 1) / slice_rows),
        stride_(std::max<std::int64_t>(
            1, static_cast<std::int64_t>(golden_section * real(n_slices_)))) {
    while (std::gcd(stride_, n_slices_) > 1) ++stride_;
  }

  std::int64_t n_slices() const { return n_slices_; }
  /// The slice that is read in a turn; each is read in one of them. \pre 0 <= turn < n_slices()
  std::int64_t slice(std::int64_t turn) const { return turn * stride_ % n_slices_; }
  /// Its rows of the snapshot; none behind the last turn.
  Range rows(std::int64_t turn) const {
    if (turn >= n_slices_) return {};
    std::int64_t const first = slice(turn) * slice_rows_;
    return {first, std::min(first + slice_rows_, n_rows_)};
  }

 private:
  static constexpr double golden_section = 0.6180339887498949;
  std::int64_t n_rows_, slice_rows_, n_slices_, stride_;
};

/// Rows of a slice of gas. The rank that gets a cell works on it at once, so that a turn should be
/// of many slices; yet chunks of compressed files should be read whole. \param slice_rows  [run]
/// slice_rows
inline std::int64_t rows_of_gas_slice(std::int64_t slice_rows) {
  return std::min(slice_rows, std::int64_t{1} << 17);
}

/// Slices that a rank reads in a turn: as many as memory holds, no more rows than a slice of other
/// particles has, and one at least.
/// \param row_bytes  working memory for a row \param most_rows  [run] slice_rows
/// \param slice_rows  of a slice of gas
inline std::int64_t slices_per_turn(double memory_bytes, double row_bytes, std::int64_t most_rows,
                                    std::int64_t slice_rows) {
  double const rows = std::min(memory_bytes / row_bytes, real(most_rows));
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(rows) / slice_rows);
}

/// Slices in their order, some for each rank at a time. Those of a turn are dealt to the ranks in
/// contiguous parts: in rank order they are in the order of the slices, on any number of ranks.
class SliceTurns {
 public:
  /// \param of_each  slices that a rank reads in a turn
  SliceTurns(SliceOrder order, std::int64_t of_each) : order_(order), of_each_(of_each) {}

  std::int64_t n_slices() const { return order_.n_slices(); }
  /// Slices that are done when the turn behind the first `done` is over.
  std::int64_t end(std::int64_t done, int n_ranks) const {
    return std::min(done + of_each_ * n_ranks, n_slices());
  }
  /// Calls visit(rows) for each slice that a rank reads in that turn.
  template <class Visit>
  void each(std::int64_t done, int rank, int n_ranks, Visit&& visit) const {
    Range const part = even_range(end(done, n_ranks) - done, rank, n_ranks);
    for (auto i = part.first; i < part.last; ++i) visit(order_.rows(done + i));
  }

 private:
  SliceOrder order_;
  std::int64_t of_each_;
};

}  // namespace setsz
