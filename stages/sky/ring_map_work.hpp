// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/sky/ring_map.hpp"

namespace setsz {

/// Statistics of all that the map shows, weighted with the areas of the pixels.
struct MapFigures {
  double mean = 0, deviation = 0;
  double largest = -HUGE_VAL;  ///< may be below 0: all haloes recede in a map of velocities
  double integral = 0;         ///< over the map, with pixels that it does not show [sr]
  double absolute = 0;         ///< the same of |value|
};
/// Collective. Sums go ring by ring, whatever the number of ranks.
MapFigures map_figures(Comm const& comm, RingMap const& map);

/// Collective: the map at a lower resolution, in RING order, on rank 0 (empty elsewhere). Sums are
/// exact, so it does not depend on the ranks. \pre a HEALPix map of the full sky; nside <= its own
/// \param quantum_sr  see ExactSum
std::vector<double> degraded(Comm const& comm, RingMap const& map, std::int64_t nside,
                             double quantum_sr);

}  // namespace setsz
