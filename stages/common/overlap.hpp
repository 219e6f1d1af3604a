// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/base/vec3.hpp"

namespace setsz {

/// What a ball leaves in one voxel.
struct VoxelShare {
  std::int64_t voxel;  ///< (i n + j) n + k
  double volume;       ///< of the overlap [voxel volumes], > 0
};

/// The exact overlap of balls with the voxels of a cube of n^3 voxels.
///
/// Everything is a difference of F(a, b, c), the volume of {unit ball, x > a, y > b, z > c},
/// between the corners of the voxel. With V1(a) and V2(a, b) for one and two faces, the part of the
/// ball within |x| < a, |y| < b, |z| < c is a box if its corner lies in the ball, and inclusion and
/// exclusion of its faces gives 8abc = 4 pi/3 - 2 (V1 + V1 + V1) + 4 (V2 + V2 + V2) - 8 F. So only
///
///   V1(a)    = pi/3 (1 - a)^2 (2 + a)
///   V2(a, b) = (2 atan2(t, ab) - a (3 - a^2) atan2(t, b) - b (3 - b^2) atan2(t, a) + 2abt) / 3,
///   t        = sqrt(1 - a^2 - b^2)
///
/// need functions beyond arithmetic: one V2 per lattice line, however many voxels lie along it.
/// All three formulas hold for coordinates of either sign while the corner is inside the ball.
///
/// \source V2 from the theorems of Gauss-Bonnet (spherical area) and Gauss (volume); compared with
///         nested quadrature in tests/stages/voxelize/overlap_test.cpp
class BallOverlap {
 public:
  /// \pre 0 < n_voxels
  explicit BallOverlap(std::int64_t n_voxels) : n_(n_voxels) {}

  /// Shares of all voxels that the ball touches, in the voxels' order; the part outside the cube is
  /// left out. Errors are a few 1e-16 of the ball's volume (in each voxel and in the sum).
  /// \param centre  from the lower corner of the cube [voxel edges], may lie outside
  /// \param radius  [voxel edges], > 0
  /// \return        valid until the next call
  std::span<VoxelShare const> operator()(Vec3 const& centre, double radius);

 private:
  void one_plane_per_axis(Vec3 const& centre, double radius);
  std::optional<std::array<std::int64_t, 3>> place_nodes(Vec3 const& centre, double radius);
  void fill_pairs(std::size_t d, std::size_t e, std::vector<double>& pairs);
  void fill_layer(std::size_t i, double* layer) const;
  void general(Vec3 const& centre, double radius);

  std::int64_t n_;
  std::vector<VoxelShare> shares_;
  std::vector<double> nodes_[3], caps_[3], pairs_[3], corners_;
};

/// Volume of a ball within the cube [0, edge]^3, in units of the ball's own (1 if wholly inside).
double ball_fraction_in_cube(Vec3 const& centre, double radius, double edge);

}  // namespace setsz
