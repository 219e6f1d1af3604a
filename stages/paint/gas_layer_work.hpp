// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/snapshot.hpp"
#include "stages/common/gas_ball.hpp"
#include "stages/common/slice_order.hpp"
#include "stages/halos/layer.hpp"
#include "stages/paint/box_canvas.hpp"

namespace setsz {

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

  /// Slices.
  std::int64_t size() const override { return source_.turns.n_slices(); }
  std::int64_t paint(std::int64_t first) override;

 private:
  /// A uniform ball of gas. Travels between ranks.
  struct Parcel {
    Vec3 position;
    double radius, pv;
  };
  void deal(Range rows, std::vector<std::vector<Parcel>>& outgoing);

  Comm const& comm_;
  Source source_;
  BoxCanvas& canvas_;
};

}  // namespace setsz
