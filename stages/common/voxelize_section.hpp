// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/option_list.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_lattice.hpp"
#include "stages/common/gas_ball.hpp"

namespace setsz {

/// [voxelize]: the cube around every cluster, and how large a gas cell is.
struct VoxelizeOptions {
  static constexpr std::string_view section = "voxelize";
  static constexpr std::string_view help =
      "electron pressure of the gas on a cube around each cluster";
  std::int64_t n_voxels = 64;
  double edge_r200 = 5;
  double fixed_edge_ckpch = 0;
  CellSize cell_size = CellSize::volume;
  bool normalised = false;
  VoxelPosition voxel_position = VoxelPosition::centre;
  enum class Implausible { refuse, warn };
  Implausible implausible_gas = Implausible::refuse;
  void declare(OptionList& options);
  void validate() const {}

  /// Side of a cluster's cube [ckpc/h].
  double edge(Cluster const& cluster) const {
    return fixed_edge_ckpch > 0 ? fixed_edge_ckpch : edge_r200 * cluster.r200c;
  }
  CubeLattice lattice(Cluster const& cluster) const {
    return {n_voxels, edge(cluster) / cluster.r200c, voxel_position};
  }
  /// Voxels of a cube of edge_r200 that networks predict, within 2 R200; for plans.
  double targets() const {
    double const inside = 4 * std::numbers::pi / 3 * std::pow(2 / edge_r200, 3);
    return std::pow(real(n_voxels), 3) * std::min(1.0, inside);
  }
};

}  // namespace setsz
