// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/slice_order.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace setsz {
namespace {

TEST(SliceOrder, ReadsEveryRowOnce) {
  for (std::int64_t const n_rows : {0, 1, 9, 10, 11, 20, 89, 90, 1000, 1024})
    for (std::int64_t const slice_rows : {1, 3, 10, 2000}) {
      SliceOrder const order(n_rows, slice_rows);
      std::vector<int> times(n_rows, 0);
      for (std::int64_t turn = 0; turn < order.n_slices(); ++turn) {
        auto const rows = order.rows(turn);
        EXPECT_GT(rows.size(), 0);
        EXPECT_LE(rows.size(), slice_rows);
        for (auto row = rows.first; row < rows.last; ++row) ++times[row];
      }
      EXPECT_EQ(times, std::vector<int>(n_rows, 1)) << n_rows << " " << slice_rows;
      EXPECT_EQ(order.rows(order.n_slices()).size(), 0);
      EXPECT_EQ(order.rows(order.n_slices() + 7).size(), 0);
    }
}

/// Whatever number of ranks reads at a time, every tenth of the snapshot is read by its share of
/// them, to within four.
TEST(SliceOrder, TurnsTogetherReadAllOverTheSnapshot) {
  constexpr std::int64_t n_slices = 20000, parts = 10;
  SliceOrder const order(7 * n_slices, 7);
  for (std::int64_t const n_ranks : {64, 256, 1000, 1024})
    for (std::int64_t done = 0; done + n_ranks <= n_slices; done += n_ranks) {
      std::vector<std::int64_t> of_part(parts, 0);
      for (std::int64_t rank = 0; rank < n_ranks; ++rank)
        ++of_part[order.slice(done + rank) * parts / n_slices];
      for (auto const n : of_part)
        EXPECT_NEAR(static_cast<double>(n), static_cast<double>(n_ranks) / parts, 4);
    }
}

/// What the ranks of a turn read follows each other in the order of the slices.
TEST(SliceTurns, AnyNumberOfRanksReadsTheSlicesInTheirOrder) {
  SliceOrder const order(1000, 9);
  for (int const n_ranks : {1, 2, 3, 7, 200})
    for (std::int64_t const of_each : {1, 4, 50}) {
      SliceTurns const turns(order, of_each);
      std::vector<std::int64_t> found, wanted;
      for (std::int64_t done = 0; done < turns.n_slices(); done = turns.end(done, n_ranks))
        for (int rank = 0; rank < n_ranks; ++rank) {
          auto const before = std::ssize(found);
          turns.each(done, rank, n_ranks, [&](Range rows) { found.push_back(rows.first); });
          EXPECT_LE(std::ssize(found) - before, of_each);
        }
      for (std::int64_t turn = 0; turn < order.n_slices(); ++turn)
        wanted.push_back(order.rows(turn).first);
      EXPECT_EQ(found, wanted) << n_ranks << " ranks, " << of_each << " slices each";
    }
}

TEST(SliceTurns, ATurnHoldsWhatFitsIntoMemory) {
  EXPECT_EQ(slices_per_turn(1e9, 100, 1 << 20, 1 << 17), 8);    // not more than most_rows
  EXPECT_EQ(slices_per_turn(100e6, 100, 1 << 20, 1 << 17), 7);  // 1e6 rows
  EXPECT_EQ(slices_per_turn(1e6, 100, 1 << 20, 1 << 17), 1);    // one in any case
}

TEST(SliceOrder, HoldsTheLargestSnapshots) {
  constexpr std::int64_t n_rows = std::int64_t{12800} * 12800 * 12800;
  SliceOrder const order(n_rows, 1 << 10);
  for (std::int64_t const turn : {std::int64_t{0}, order.n_slices() / 2, order.n_slices() - 1}) {
    EXPECT_GE(order.rows(turn).first, 0);
    EXPECT_LE(order.rows(turn).last, n_rows);
    EXPECT_GT(order.rows(turn).size(), 0);
  }
}

}  // namespace
}  // namespace setsz
