// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// Losses and scores use the voxels whose centre lies within this radius [R200].
inline constexpr double score_radius_r200 = 2;

/// Where a voxel is taken to be.
enum class VoxelPosition {
  centre,
  corner  ///< its lower corner, as in the published program: half a voxel off in each direction
};

/// The positions of the voxels of one cluster's cube: their centres (i + 1/2 - n/2) edge/n, z
/// fastest.
///
/// Centres of an even number sit on odd multiples of half a voxel, so 4 r^2 in voxels is an integer
/// that is 3 modulo 8: few different radii, which `shell` numbers without a gap.
struct CubeLattice {
  std::int64_t n;    ///< voxels a side
  double edge_r200;  ///< [R200]
  VoxelPosition position = VoxelPosition::centre;

  double voxel_r200() const { return edge_r200 / real(n); }
  std::int64_t n_cells() const { return n * n * n; }
  /// The position of a voxel.
  Vec3 centre_r200(std::int64_t i, std::int64_t j, std::int64_t k) const {
    double const half = voxel_r200() / 2;
    return {half * real(doubled(i)), half * real(doubled(j)), half * real(doubled(k))};
  }
  /// Which of the ascending distinct radii a voxel has, if coordinates are odd multiples of half a
  /// voxel; of even ones every r^2 has its own number.
  std::int64_t shell(std::int64_t i, std::int64_t j, std::int64_t k) const {
    std::int64_t const key = square(doubled(i)) + square(doubled(j)) + square(doubled(k));
    return is_odd() ? key / 8 : key / 4;
  }
  double shell_radius_r200(std::int64_t shell) const {
    auto const key = real(is_odd() ? 8 * shell + 3 : 4 * shell);
    return std::sqrt(key) / 2 * voxel_r200();
  }
  /// Shells within `radius_r200` (strictly).
  std::int64_t n_shells(double radius_r200) const {
    double const in_half_voxels = 2 * radius_r200 / voxel_r200();
    // A little too low: roundings decide in the loop alone.
    auto shell =
        static_cast<std::int64_t>(in_half_voxels * in_half_voxels / (is_odd() ? 8 : 4)) - 2;
    shell = std::max<std::int64_t>(shell, 0);
    while (shell_radius_r200(shell) < radius_r200) ++shell;
    return shell;
  }
  /// Calls visit(voxel, shell) for the voxels with radius below `radius_r200`, in their order.
  template <class Visit>
  void each_within(double radius_r200, Visit const& visit) const {
    std::int64_t const end = n_shells(radius_r200);
    for (std::int64_t i = 0, voxel = 0; i < n; ++i)
      for (std::int64_t j = 0; j < n; ++j)
        for (std::int64_t k = 0; k < n; ++k, ++voxel) {
          std::int64_t const s = shell(i, j, k);
          if (s < end) visit(voxel, s);
        }
  }

 private:
  std::int64_t doubled(std::int64_t i) const {
    return 2 * i - n + (position == VoxelPosition::centre ? 1 : 0);
  }
  bool is_odd() const { return doubled(0) % 2 != 0; }
  static std::int64_t square(std::int64_t x) { return x * x; }
};

}  // namespace setsz
