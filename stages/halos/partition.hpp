// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// The spheres of the network's clusters reach to this many R200: the network learns no farther,
/// and inside them it paints.
inline constexpr double network_reach_r200 = score_radius_r200;
/// Beyond that their gas goes on as a skirt, to here.
inline constexpr double skirt_reach_r200 = 4;

/// A cluster of the network as another halo sees it.
struct Neighbour {
  Vec3 offset;       ///< its centre minus the halo's, minimum image [ckpc/h]
  double r200;       ///< [ckpc/h]
  std::int64_t row;  ///< in clusters.h5
};

/// A part of a straight line.
struct LinePart {
  double first, last;
};

/// What of a halo's surroundings belongs to other haloes.
///
/// Space is partitioned: a point belongs to the network cluster of smallest r/R200 among those
/// within 2 R200 (ties: the lower row); the fill gets what belongs to none. The cube of a cluster
/// already holds its neighbours' gas, so painting overlaps twice would count that gas twice. Skirts
/// are divided in the same way: a point that is in no sphere belongs to the skirt of the cluster of
/// smallest r/R200 within 4 R200. Where clusters have skirts, the fill gets what belongs to none of
/// these either.
/// All positions are relative to the halo's centre.
class Claims {
 public:
  /// For a cluster of the network. \param reach_r200  of its gas; that of others goes as far
  static Claims on_cluster(double r200, std::int64_t row, std::vector<Neighbour> neighbours,
                           double reach_r200 = network_reach_r200);
  /// For a halo of the fill: the neighbours take all of their spheres, and of their skirts.
  /// \param reach_r200  of their gas
  static Claims on_fill(std::vector<Neighbour> neighbours, double reach_r200 = network_reach_r200);

  bool empty() const { return neighbours_.empty(); }
  std::span<Neighbour const> neighbours() const { return neighbours_; }
  /// Does the point belong to another halo?
  bool taken(Vec3 const& point) const;
  /// The same of a whole ball: none if it may belong to several.
  std::optional<bool> taken(Vec3 const& centre, double radius) const;
  /// Does one neighbour take all within `reach` of the halo's centre?
  bool swallow(double reach) const;
  /// What a neighbour takes of a thin shell of radius r around the halo's centre, inside the halo's
  /// own cut: the directions n with dot(n, axis) > cosine = near r + far / r; of a cosine <= -1 all
  /// of the shell, >= 1 nothing.
  struct ShellCut {
    Vec3 axis;
    double near, far;  ///< [1/(ckpc/h)], [ckpc/h]
  };
  ShellCut cut(Neighbour const& other) const;
  /// What a neighbour takes of space where nobody else takes anything: a ball, if the halo is not
  /// the smaller of two clusters.
  struct Ball {
    Vec3 centre;
    double radius2;
  };
  std::optional<Ball> ball(Neighbour const& other) const;
  /// The same after a rotation of the frame.
  Claims rotated(Mat3 const& rotation) const;

  /// The parts of the line `foot + l direction`, -reach < l < reach, that belong to others:
  /// disjoint and in ascending order, into `taken`. \param foot  the line's point nearest to the
  /// centre: dot(foot, direction) = 0 \pre |foot|^2 + reach^2 is at most the halo's own cut squared
  void along(Vec3 const& foot, Vec3 const& direction, double reach,
             std::vector<LinePart>& taken) const;

 private:
  Claims(double own_r200, std::int64_t own_row, std::vector<Neighbour> neighbours,
         double reach_r200);
  double own_r2_;  ///< own R200^2; 0 for the fill
  std::int64_t row_;
  std::vector<Neighbour> neighbours_;
  double reach_r200_;  ///< of the neighbours
};

/// All clusters of the network in a periodic box, for neighbour queries.
class NetworkSpheres {
 public:
  /// \param centres  in [0, box) [ckpc/h]; rows are 0, 1, ...
  NetworkSpheres(PeriodicBox box, std::vector<Vec3> centres, std::vector<double> r200);

  /// The clusters, but `except_row`, whose sphere of `reach_r200` meets the sphere of `radius`
  /// around `centre`; by row. \pre radius + reach_r200 max R200 < box/2
  std::vector<Neighbour> near(Vec3 const& centre, double radius, std::int64_t except_row = -1,
                              double reach_r200 = network_reach_r200) const;

 private:
  std::int64_t cell_of(double coordinate) const;
  PeriodicBox box_;
  std::vector<Vec3> centres_;
  std::vector<double> r200_;
  double largest_r200_ = 0;
  std::int64_t n_cells_ = 1;                 ///< per side
  std::vector<std::int64_t> first_in_cell_;  ///< (n_cells^3 + 1)
  std::vector<std::int64_t> rows_;           ///< sorted by cell
};

}  // namespace setsz
