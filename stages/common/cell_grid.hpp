// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "pipeline/base/number.hpp"

namespace setsz {

/// The cube of cells around a cluster by which its particles are sorted: cells tile
/// [-half_side(), half_side()]^3 in the cluster frame, z fastest.
struct CellGrid {
  std::int32_t cells_per_side = 1;
  double cell_edge = 1;  ///< [ckpc/h]

  std::int64_t n_cells() const {
    return std::int64_t{cells_per_side} * cells_per_side * cells_per_side;
  }
  double half_side() const { return 0.5 * cells_per_side * cell_edge; }

  /// The cell of a position in the cluster frame [ckpc/h].
  /// \pre |x|, |y|, |z| < half_side(): others are counted to the cell at the edge
  std::int64_t cell_of(float x, float y, float z) const {
    return (std::int64_t{along(x)} * cells_per_side + along(y)) * cells_per_side + along(z);
  }

  /// The grid with which local spheres are fastest: cells of about `particles_per_cell` particles
  /// on average, but not finer than the local radius needs. A function of its arguments alone, so
  /// that it does not depend on ranks or files.
  ///
  /// \param radius        of the sphere that holds all particles [ckpc/h]
  /// \param local_radius  of the local spheres [ckpc/h]
  static CellGrid for_cluster(std::int64_t n_particles, double radius, double local_radius) {
    // Found with tests/bench/local_spheres.cpp: finer cells test fewer particles, coarser ones
    // visit fewer columns.
    constexpr double particles_per_cell = 8, cells_per_local_radius = 5, max_per_side = 512;
    double const by_count = std::cbrt(real(n_particles) / particles_per_cell);
    double const by_radius = 2 * radius / local_radius * cells_per_local_radius;
    double const per_side = std::clamp(std::floor(std::min(by_count, by_radius)), 1., max_per_side);
    // A little more than the sphere: stored float32 positions may round to its radius.
    return {static_cast<std::int32_t>(per_side), 2 * radius * (1 + 1e-6) / per_side};
  }

 private:
  std::int32_t along(float x) const {  // rounded down: what is below 0 is clamped
    double const cell = (real(x) + half_side()) / cell_edge;
    return static_cast<std::int32_t>(std::clamp(cell, 0.0, real(cells_per_side - 1)));
  }
};

}  // namespace setsz
