// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// Linear shells of r < score_radius_r200 around the centre of a cube, and what of each voxel lies
/// in which.
///
/// Only voxels count whose centre has r < score_radius_r200: those that are predicted. Each is cut
/// into subvoxels_per_edge^3 equal parts, so that the innermost shells, which hold no voxel centre,
/// are not empty.
class RadialShells {
 public:
  static constexpr std::int64_t subvoxels_per_edge = 8;

  RadialShells(CubeLattice const& lattice, std::int64_t n_shells);

  CubeLattice const& lattice() const { return lattice_; }
  std::int64_t n_shells() const { return std::ssize(volume_); }
  /// Edges of the shells [R200]; n_shells + 1.
  std::vector<double> edges() const;
  /// Of each shell, in voxels; 0: no voxel touches it.
  std::vector<double> const& volume() const { return volume_; }

  /// The part of a voxel's volume that lies in a shell.
  struct Share {
    std::int32_t shell;
    double part;
  };
  /// Of a voxel of the cube, by ascending shell; none where its centre lies too far out.
  std::span<Share const> shares(std::int64_t voxel) const {
    return std::span(shares_).subspan(first_[voxel], first_[voxel + 1] - first_[voxel]);
  }
  /// Mean over each shell of a cube's values, z fastest; 0 where the shell is empty.
  std::vector<double> means(std::span<float const> cube) const;

 private:
  void add_voxel(Vec3 const& centre_r200);

  CubeLattice lattice_;
  std::vector<double> volume_;
  std::vector<std::int64_t> first_;  ///< (n_voxels + 1) into shares_
  std::vector<Share> shares_;
  std::vector<std::int64_t> count_;  ///< of subvoxels by shell, of the voxel at work
};

}  // namespace setsz
