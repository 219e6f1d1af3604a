// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

namespace setsz {

/// C_l, l = 0 ... l_max, of a map in RING order (mean included in l = 0), by quadrature with pixel
/// weights of equal area. The pixel window is not divided out.
/// \source healpix_cxx map2alm with three Jacobi iterations
std::vector<double> angular_spectrum(std::vector<double> const& map, std::int64_t nside,
                                     std::int64_t l_max);

}  // namespace setsz
