// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "model/network_options.hpp"

namespace setsz {

/// What an MLP sees of the position of its target.
enum class TargetView {
  position,  ///< its distance from the centre, and its direction along the cluster's vectors
  radius     ///< the distance alone
};

/// r, r^.e, s.
inline std::int64_t n_target_inputs(NetworkOptions const& network, TargetView view) {
  auto const columns = network.columns();
  return 1 + columns.n_scalars() + (view == TargetView::position ? columns.n_vectors() : 0);
}

/// The sums of the quantity "target_radius".
inline void measure_target_radius(std::span<TargetBatch const> lanes, Moments& sums) {
  for (auto const& lane : lanes)
    for (auto const& r : lane.position) sums.add(norm(r));
}

}  // namespace setsz
