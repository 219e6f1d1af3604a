// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/h5.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_lattice.hpp"
#include "stages/moments/cluster_moments.hpp"

namespace setsz {

/// What moments.h5 says of its clusters beside the moments; the same on all ranks, by row of
/// clusters.h5.
struct MomentTable {
  MomentSettings settings;
  std::int64_t n_voxels = 0;  ///< along each side of a cube
  VoxelPosition voxel_position = VoxelPosition::centre;
  std::vector<std::int64_t> id;  ///< of the halo catalogue
  std::vector<double> edge;      ///< of the cubes [ckpc/h]
  std::vector<std::int64_t> n_targets;
  std::vector<double> scale_factor;

  std::int64_t most_targets() const;
  std::int64_t n_columns() const { return std::ssize(moment_columns(settings)); }
};

/// The moments of a cluster on their way into the file.
struct MomentRows {
  std::int64_t cluster = 0;    ///< row of clusters.h5
  std::vector<float> moments;  ///< (n_targets, n_columns)
};

/// Writes moments/<snapshot>/moments.h5, which stages/common/moment_file.hpp reads. All functions
/// are collective.
class MomentFileWriter {
 public:
  MomentFileWriter(Comm const& comm, std::string const& path, MomentTable const& table);

  /// Writes the clusters of this rank (it may have none), in any order.
  void write(std::span<MomentRows const> clusters);
  void close() { file_.close(); }

 private:
  Comm comm_;
  std::int64_t row_size_;
  H5File file_;
};

}  // namespace setsz
