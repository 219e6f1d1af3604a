// SPDX-License-Identifier: BSD-3-Clause
#include "stages/residuals/radial_residuals.hpp"

namespace setsz {

RadialResiduals radial_residuals(RadialShells const& shells, std::span<float const> target,
                                 std::span<float const> prediction) {
  RadialResiduals result{shells.means(target), shells.means(prediction), {}, {}};
  for (std::int64_t shell = 0; shell < shells.n_shells(); ++shell) {
    double const p = result.prediction[shell];
    bool const known = shells.volume()[shell] > 0 && p > 0;
    result.residual.push_back(known ? (result.target[shell] - p) / p : 0);
    result.known.push_back(known);
  }
  return result;
}

}  // namespace setsz
