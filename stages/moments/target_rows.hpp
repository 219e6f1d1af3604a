// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// The targets of a cluster: the voxel centres within score_radius_r200, in the order of
/// CubeLattice::each_within. Those with the same x and y are neighbours along z: a row.
class TargetRows {
 public:
  struct Row {
    std::int64_t first = 0;           ///< target
    std::int64_t begin = 0, end = 0;  ///< its voxels along z; empty if begin = end
    std::int64_t size() const { return end - begin; }
  };

  explicit TargetRows(CubeLattice const& lattice);

  /// Number of targets.
  std::int64_t size() const { return size_; }
  CubeLattice const& lattice() const { return lattice_; }
  /// Voxels begin() <= i < end() along each axis have targets; both 0 if there are none.
  std::int64_t begin() const { return begin_; }
  std::int64_t end() const { return end_; }
  Row const& row(std::int64_t i, std::int64_t j) const { return rows_[i * lattice_.n + j]; }
  /// Voxel centre along an axis [R200].
  double centre(std::int64_t i) const {
    return (real(i) + 0.5 - real(lattice_.n) / 2) * lattice_.voxel_r200();
  }
  /// Calls visit(row, target, centre [R200]) for all targets in order.
  template <class Visit>
  void each(Visit const& visit) const {
    for (std::int64_t i = begin_; i < end_; ++i)
      for (std::int64_t j = begin_; j < end_; ++j) {
        auto const& of = row(i, j);
        for (std::int64_t k = of.begin; k < of.end; ++k)
          visit(of, of.first + k - of.begin, lattice_.centre_r200(i, j, k));
      }
  }

 private:
  CubeLattice lattice_;
  std::int64_t size_ = 0, begin_ = 0, end_ = 0;
  std::vector<Row> rows_;  ///< (n, n)
};

}  // namespace setsz
