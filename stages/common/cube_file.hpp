// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/h5.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// The attribute "voxel_position" of pressure.h5, prediction.h5 and moments.h5: "centre" or
/// "corner".
void set_voxel_position(H5File& file, VoxelPosition position);
VoxelPosition voxel_position_of(H5File const& file);

/// Reads the cubes of pressure.h5 or prediction.h5. Local: every rank opens the file itself.
///
/// Both have /pressure (m, n, n, n) float32 P_e/P200, z fastest, and /cube_edge (m) [ckpc/h];
/// prediction.h5 has /cluster (m), ascending rows of clusters.h5, /flux_factor (m) and
/// /mass_disagrees (m); in pressure.h5 cube = row.
class CubeFile {
 public:
  /// Checks shapes against each other; Error(bad_data) names what does not fit.
  explicit CubeFile(std::string const& path);

  std::int64_t size() const { return std::ssize(cluster_); }
  std::int64_t n_voxels() const { return n_voxels_; }
  VoxelPosition voxel_position() const { return position_; }
  /// Rows of clusters.h5, ascending.
  std::vector<std::int64_t> const& clusters() const { return cluster_; }
  /// The cube of a row of clusters.h5, if the file has it.
  std::optional<std::int64_t> find(std::int64_t cluster) const;
  /// [ckpc/h]
  double edge_ckpch(std::int64_t cube) const { return edge_[cube]; }
  CubeLattice lattice(std::int64_t cube, double r200c_ckpch) const {
    return {n_voxels_, edge_ckpch(cube) / r200c_ckpch, position_};
  }
  /// n^3 values of "/pressure", "/coverage", ...
  std::vector<float> read(std::int64_t cube, std::string const& dataset = "/pressure") const;
  /// What the values of a prediction were multiplied by so that they hold the flux of the gas; 1
  /// where nothing was corrected.
  double flux_factor(std::int64_t cube) const { return flux_factor_[cube]; }
  /// f of the flux correction that the pressure contains (model/flux_correction.hpp); 0: none.
  double flux_strength(std::int64_t cube) const { return flux_strength_[cube]; }
  /// Does the mass of its particles disagree with the catalogue? \pre a prediction
  bool mass_disagrees(std::int64_t cube) const { return mass_disagrees_[cube] != 0; }
  /// Did the cluster teach a network of the prediction? Nothing: its model does not say.
  std::optional<bool> in_training(std::int64_t cube) const {
    if (in_training_.empty()) return std::nullopt;
    return in_training_[cube] != 0;
  }
  H5File const& file() const { return file_; }

 private:
  H5File file_;
  std::int64_t n_voxels_ = 0;
  VoxelPosition position_;
  std::vector<std::int64_t> cluster_;
  std::vector<double> edge_, flux_factor_, flux_strength_;
  std::vector<std::uint8_t> mass_disagrees_, in_training_;
};

}  // namespace setsz
