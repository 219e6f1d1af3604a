// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "stages/common/cluster_particles.hpp"

namespace setsz {

/// A cube of cells centred on a cluster.
struct DensityGrid {
  std::int64_t n = 0;  ///< cells a side
  double edge_ckpch = 0;
};

/// Particles in each cell by cloud-in-cell (each particle is a cube as large as a cell), divided by
/// the number that a cell holds at the mean density: (n, n, n), z fastest. What reaches beyond the
/// grid is lost.
/// \param mean_number_density  of particles [(ckpc/h)^-3]
std::vector<float> density_grid(ClusterParticles const& particles, DensityGrid const& grid,
                                double mean_number_density);

}  // namespace setsz
