// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/gas_layer_work.hpp"

namespace setsz {

std::vector<std::int64_t> even_planes(std::int64_t n_grid, int n_ranks) {
  std::vector<std::int64_t> first;
  first.reserve(n_ranks + 1);
  for (int rank = 0; rank < n_ranks; ++rank)
    first.push_back(even_range(n_grid, rank, n_ranks).first);
  first.push_back(n_grid);
  return first;
}

std::int64_t GasLayer::slices_of_a_rank(RunOptions const& options, std::int64_t slice_rows) {
  // A quarter of the memory: what comes may be as much again as what was read.
  return slices_per_turn(1e6 * options.memory_mb / 4, bytes_a_row, options.slice_rows, slice_rows);
}

std::int64_t GasLayer::paint(std::int64_t first) {
  std::vector<std::vector<Parcel>> outgoing(comm_.size());
  collectively(comm_, "paint: reading gas", [&] {
    source_.turns.each(first, comm_.rank(), comm_.size(),
                       [&](Range rows) { deal(rows, outgoing); });
  });
  for (auto const& parcel : comm_.exchange(outgoing))
    canvas_.paint_ball(parcel.position, parcel.radius, parcel.pv);
  return source_.turns.end(first, comm_.size());
}

void GasLayer::deal(Range rows, std::vector<std::vector<Parcel>>& outgoing) {
  auto const gas = source_.snapshot.read_gas(rows);
  for (std::size_t i = 0; i < gas.position.size(); ++i) {
    if (gas.electron_pressure[i] == 0) continue;
    auto const ball = gas_ball(source_.cell_size, gas.position[i], gas.mass[i], gas.density[i],
                               gas.electron_pressure[i],
                               gas.smoothing_length.empty() ? 0 : gas.smoothing_length[i]);
    Parcel const parcel{ball.position, ball.radius,
                        gas.electron_pressure[i] * gas.mass[i] / gas.density[i]};
    tallies_.front().add(parcel.pv);
    canvas_.for_each_rank(canvas_.touched(parcel.position, parcel.radius),
                          [&](int rank) { outgoing[rank].push_back(parcel); });
  }
}

}  // namespace setsz
