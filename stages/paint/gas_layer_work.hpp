// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/snapshot.hpp"
#include "pipeline/run/run_options.hpp"
#include "stages/common/gas_ball.hpp"
#include "stages/common/slice_order.hpp"
#include "stages/halos/layer.hpp"
#include "stages/paint/box_canvas.hpp"

namespace setsz {

/// As many planes for each rank. \return the first of each, then n_grid
std::vector<std::int64_t> even_planes(std::int64_t n_grid, int n_ranks);

/// Puts the electron pressure of a snapshot's gas cells onto a grid.
///
/// In every turn each rank reads some slices of the snapshot and sends each cell to the ranks whose
/// planes it touches. Snapshots are sorted in space: the slices of a turn lie all over them, so
/// that the ranks get about as much. What a plane gets, it gets in the order of the slices, on any
/// number of ranks.
class GasLayer : public Layer {
 public:
  struct Source {
    Snapshot const& snapshot;
    CellSize cell_size;
    SliceTurns turns;
  };
  /// \param quantum  see ExactSum
  GasLayer(Comm const& comm, Source const& source, BoxCanvas& canvas, double quantum)
      : Layer({quantum}), comm_(comm), source_(source), canvas_(canvas) {}

  /// Slices that a rank reads in a turn. \param slice_rows  of a slice of gas
  static std::int64_t slices_of_a_rank(RunOptions const& options, std::int64_t slice_rows);
  /// Bytes of working memory for a row of a turn, and of a cell that travels.
  static constexpr double bytes_a_row = 150, bytes_a_cell = 5 * sizeof(double);

  /// Slices.
  std::int64_t size() const override { return source_.turns.n_slices(); }
  std::int64_t paint(std::int64_t first) override;

 private:
  /// A uniform ball of gas. Travels between ranks.
  struct Parcel {
    Vec3 position;
    double radius, pv;
  };
  static_assert(sizeof(Parcel) == bytes_a_cell);
  void deal(Range rows, std::vector<std::vector<Parcel>>& outgoing);

  Comm const& comm_;
  Source source_;
  BoxCanvas& canvas_;
};

}  // namespace setsz
