// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <vector>

#include "stages/paint/parcels.hpp"
#include "stages/paint/partition.hpp"
#include "stages/paint/profile_family.hpp"
#include "stages/paint/slab_grid.hpp"

namespace setsz {

/// Sums of P V [code pressure x (ckpc/h)^3].
struct PaintedBox {
  double painted = 0;  ///< in all cells, also those of other ranks
  double removed = 0;  ///< what belongs to other haloes (partition.hpp)
};

/// Adds haloes and gas to a grid as points no farther apart than half a cell, each with its exact
/// share of P V: what the cells get is what the halo holds, to rounding.
class BoxPainter {
 public:
  explicit BoxPainter(SlabGrid& grid) : grid_(grid) {}

  /// A cluster's cube. \param p200  comoving [code]
  PaintedBox paint(SparseCube const& cube, Vec3 const& centre, double p200, Claims const& claims);
  /// A spherical profile.
  PaintedBox paint(ProfileFamily const& family, double mass, double r200, Vec3 const& centre,
                   double p200, Claims const& claims);
  /// A uniform ball of gas. \param pv  its P V
  void paint_ball(Vec3 const& centre, double radius, double pv);

 private:
  /// A lattice of points in the unit ball, this many across.
  std::vector<Vec3> const& ball_points(int across);

  SlabGrid& grid_;
  SphereSampler sampler_;
  std::vector<double> enclosed_ = std::vector<double>(ProfileFamily::table_size);
  std::map<int, std::vector<Vec3>> balls_;
};

}  // namespace setsz
