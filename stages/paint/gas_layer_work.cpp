// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/gas_layer_work.hpp"

namespace setsz {

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
