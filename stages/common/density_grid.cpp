// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/density_grid.hpp"

#include <array>
#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// The two cells that a particle shares along an axis, and the second one's part.
struct Pair {
  std::int64_t first;
  double upper;
};
Pair cells_along(float x, DensityGrid const& grid) {
  double const cell = (real(x) / grid.edge_ckpch + 0.5) * real(grid.n) - 0.5;
  double const first = std::floor(cell);
  return {static_cast<std::int64_t>(first), cell - first};
}

}  // namespace

std::vector<float> density_grid(ClusterParticles const& particles, DensityGrid const& grid,
                                double mean_number_density) {
  auto const n = grid.n;
  std::vector<double> counts(n * n * n, 0);
  for (std::size_t p = 0; p < particles.x.size(); ++p) {
    std::array const at{cells_along(particles.x[p], grid), cells_along(particles.y[p], grid),
                        cells_along(particles.z[p], grid)};
    for (int corner = 0; corner < 8; ++corner) {
      std::int64_t cell = 0;
      double part = 1;
      bool inside = true;
      for (int axis = 0; axis < 3; ++axis) {
        int const upper = corner >> axis & 1;
        auto const i = at[axis].first + upper;
        inside = inside && i >= 0 && i < n;
        cell = cell * n + i;
        part *= upper ? at[axis].upper : 1 - at[axis].upper;
      }
      if (inside) counts[cell] += part;
    }
  }
  double const mean = mean_number_density * std::pow(grid.edge_ckpch / real(n), 3);
  std::vector<float> density;
  density.reserve(counts.size());
  for (double const count : counts) density.push_back(single(count / mean));
  return density;
}

}  // namespace setsz
