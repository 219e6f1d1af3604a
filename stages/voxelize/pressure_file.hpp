// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "stages/common/cluster_table.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/voxelize/voxelize_work.hpp"

namespace setsz {

/// Figures of a cube, for checks and notes.
struct CubeFigures {
  double conservation_error;
  double empty_share;    ///< voxels within score_radius_r200 that no gas reaches
  double filled_mean;    ///< mean coverage within that radius
  double baryon_share;   ///< gas within R200 over Omega_b/Omega_m M200
  double mean_pressure;  ///< within R200 [P200]
};

/// Collective: checks the cubes and writes voxelize/<snapshot>/pressure.h5, each rank its own
/// cubes, a limited number at a time. \return  the figures of this rank's cubes
std::vector<CubeFigures> write_pressure_cubes(Comm const& comm, std::string const& path,
                                              VoxelizeOptions const& options,
                                              ClusterTable const& table,
                                              CubeGatherer const& gatherer);

}  // namespace setsz
