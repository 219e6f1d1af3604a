// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/h5.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// Reader of moments/<snapshot>/moments.h5: what the particles around each target say, see
/// docs/stages/moments.md. Local: every rank opens the file itself.
///
/// /moments (n_clusters, largest number of targets, n_columns) float32, /n_targets (n_clusters).
/// The targets of a cluster are the voxels with r < 2 R200, in the order of
/// CubeLattice::each_within.
class MomentFile {
 public:
  /// Checks shapes against each other; Error(bad_data) names what does not fit.
  explicit MomentFile(std::string const& path);

  /// "weight_1", ..., "potential", in the order of the numbers of a target.
  std::vector<std::string> const& columns() const { return columns_; }
  std::int64_t n_columns() const { return std::ssize(columns_); }
  /// Scales of the Gaussians, common to all clusters [R200].
  std::vector<double> const& scales_r200() const { return scales_; }
  /// By which these scales are multiplied for a cluster, >= 1. `cluster` is a row of clusters.h5.
  double scale_factor(std::int64_t cluster) const { return scale_factor_[cluster]; }

  std::int64_t size() const { return std::ssize(id_); }
  std::int64_t n_targets(std::int64_t cluster) const { return n_targets_[cluster]; }
  /// Throws Error(bad_data) unless the file was made for these clusters.
  void require_clusters(ClusterTable const& table) const;
  /// Throws Error(bad_data) unless the targets of a cluster are those of this lattice.
  void require_lattice(std::int64_t cluster, CubeLattice const& lattice, double r200c_ckpch) const;
  /// (n_targets(cluster), n_columns()), row-major.
  std::vector<float> read(std::int64_t cluster) const;
  /// The same of some columns, in the order of their names. Throws Error(config) if one is missing.
  std::vector<float> read(std::int64_t cluster, std::vector<std::string> const& names) const;

 private:
  H5File file_;
  std::vector<std::string> columns_;
  std::vector<double> scales_, scale_factor_, edge_;
  std::vector<std::int64_t> id_, n_targets_;
  std::int64_t n_voxels_ = 0;
};

}  // namespace setsz
