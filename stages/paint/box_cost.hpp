// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// CPU seconds of one core, calibrated with small runs to within a factor of two. Lengths are
/// comoving [ckpc/h]; `cell` is the side of a grid cell.
namespace box_cost {
/// Transform, maps and files of one grid.
double grid_seconds(double n_cells);
double cube_seconds(double n_voxels, double r200, double cell);
double profile_seconds(double cut_r200, double r200, double cell);
/// As if the cells of gas had equal volumes. \param overfill  their balls over the box's volume
double gas_seconds(double n_rows, double box, double cell, double overfill);
}  // namespace box_cost

}  // namespace setsz
