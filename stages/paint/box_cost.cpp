// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_cost.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "stages/halos/partition.hpp"

namespace setsz::box_cost {
namespace {

// CPU seconds, measured on one core with the other one busy.
constexpr double seconds_per_grid_cell = 1.8e-7;  ///< transform, maps, writing; per field
constexpr double seconds_per_point = 1.5e-8;      ///< put onto the grid
constexpr double seconds_per_pair_of_faces = 1e-8, seconds_per_corner = 1.2e-8;  ///< of a ball
constexpr double seconds_per_voxel_read = 1e-8, seconds_per_halo = 1e-5, seconds_per_gas_row = 2e-7;

}  // namespace

double grid_seconds(double n_cells) { return n_cells * seconds_per_grid_cell; }

double cube_seconds(double n_voxels, double r200, double cell) {
  double const voxel = 5 * r200 / n_voxels;
  double const cuts = std::clamp(std::ceil(2 * voxel / cell), 1.0, 8.0);
  double const inside = 4 * std::numbers::pi / 3 * std::pow(network_reach_r200 * r200 / voxel, 3);
  return std::pow(n_voxels, 3) * seconds_per_voxel_read +
         inside * std::pow(cuts, 3) * seconds_per_point;
}

double profile_seconds(double cut_r200, double r200, double cell) {
  double const spacing = std::min(cell / (2 * r200), cut_r200 / 4);
  double const points = 4 * std::numbers::pi / 3 * std::pow(cut_r200 / spacing, 3);
  return seconds_per_halo + points * seconds_per_point;
}

double gas_seconds(double n_rows, double box, double cell, double overfill) {
  double const radius =
      std::cbrt(overfill) * box * std::cbrt(3 / (4 * std::numbers::pi * std::max(n_rows, 1.0)));
  // Along an axis a ball meets a plane of cell centres with probability `cut`.
  double const cut = std::min(2 * radius / cell, 1.0), nodes = 4 + 2 * radius / cell;
  double const exact = 1 - std::pow(1 - cut, 3) - 3 * cut * std::pow(1 - cut, 2);
  return n_rows *
         (seconds_per_gas_row + exact * (3 * std::pow(nodes, 2) * seconds_per_pair_of_faces +
                                         std::pow(nodes, 3) * seconds_per_corner));
}

}  // namespace setsz::box_cost
