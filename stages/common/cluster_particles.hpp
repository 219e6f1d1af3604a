// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "pipeline/base/vec3.hpp"
#include "stages/common/cell_grid.hpp"

namespace setsz {

/// Numbers of cluster scalars s and unit vectors e.
inline constexpr std::size_t n_cluster_scalars = 11;
inline constexpr std::size_t n_cluster_vectors = 8;

/// s, not standardised: ln M200 [1e10 Msun/h]; Xoff/R200; Voff/V200; |CM|/R200; |J|/(R200_phys V200
/// M200); 3 ascending eigenvalues of the inertia tensor; 3 of the velocity tensor.
using ClusterScalars = std::array<double, n_cluster_scalars>;
/// e: unit vectors along J, CM, 3 eigenvectors of the inertia tensor, 3 of the velocity tensor, in
/// the order of the eigenvalues; flipped so that e.J >= 0.
using ClusterVectors = std::array<Vec3, n_cluster_vectors>;

/// The particles of one cluster, in the canonical order: cells in grid order, inside a cell by a
/// hash of the particle's id, so that any prefix of a cell is a fair subsample of it.
struct ClusterParticles {
  std::vector<float> x, y, z;     ///< position minus the catalogue's, minimum image [ckpc/h]
  std::vector<float> vx, vy, vz;  ///< peculiar velocity minus the halo's [km/s]
  CellGrid grid;
  std::vector<std::int32_t> first_in_cell;  ///< (n_cells + 1), rows of x, y, z

  std::int64_t size() const { return std::ssize(x); }
};

/// The same from particles in any order: inside a cell they keep theirs. For tests and tools.
///
/// \pre all arrays have the same length; |x|, |y|, |z| < grid.half_side()
ClusterParticles sorted_into_cells(ClusterParticles const& unsorted, CellGrid const& grid);

}  // namespace setsz
