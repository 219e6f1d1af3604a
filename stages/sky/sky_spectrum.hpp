// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/sky/ring_map.hpp"

namespace setsz {

/// Statistics of the whole map of y.
struct MapFigures {
  double mean = 0, deviation = 0, largest = 0;
  double integral = 0;  ///< of y over the sky [sr]
};
/// Collective. Sums go ring by ring, whatever the number of ranks.
MapFigures map_figures(Comm const& comm, RingMap const& map);

/// Collective: the map of y at a lower resolution, in RING order, on rank 0 (empty elsewhere). Sums
/// are exact, so it does not depend on the ranks. \pre nside <= that of the map
std::vector<double> degraded(Comm const& comm, RingMap const& map, std::int64_t nside);

/// C_l, l = 0 ... l_max, of a map in RING order (mean included in l = 0), by quadrature with pixel
/// weights of equal area. The pixel window is not divided out.
/// \source healpix_cxx map2alm with three Jacobi iterations
std::vector<double> angular_spectrum(std::vector<double> const& map, std::int64_t nside,
                                     std::int64_t l_max);

}  // namespace setsz
