// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/cosmology.hpp"
#include "pipeline/base/range.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// Redshift as a function of comoving distance, tabulated: cubic between nodes, relative error of
/// 1 + z below 1e-9.
class DistanceTable {
 public:
  /// \param redshift_max  the table reaches a little beyond
  DistanceTable(Cosmology const& cosmology, double redshift_max);
  double redshift_at(double comoving_ckpch) const;

 private:
  double step_;
  std::vector<double> redshift_, slope_;  ///< z and dz/dchi at i step
};

/// A range of comoving distances from the observer [ckpc/h].
struct DistanceShell {
  double min, max;
  bool contains(double distance) const { return distance >= min && distance < max; }
};

/// Box replicas tiled around an observer: the bare box, neither turned nor shifted.
class Tiling {
 public:
  /// \param observer  in the box [ckpc/h]
  Tiling(double box_ckpch, Vec3 const& observer, DistanceShell shell);

  /// The replicas of a point in some of the boxes that lie in the shell: visit(position seen from
  /// the observer [ckpc/h]), in the order of the boxes.
  template <class Visit>
  void for_each_replica(Vec3 const& position, Range boxes, Visit&& visit) const {
    for (std::int64_t box = boxes.first; box < boxes.last; ++box) {
      Vec3 const seen = position + shifts_[box];
      double const distance2 = norm2(seen);
      if (distance2 >= shell_.min * shell_.min && distance2 < shell_.max * shell_.max) visit(seen);
    }
  }
  /// Boxes that reach into the shell.
  std::int64_t n_boxes() const { return std::ssize(shifts_); }

 private:
  DistanceShell shell_;
  std::vector<Vec3> shifts_;  ///< of the boxes, minus the observer
};

}  // namespace setsz
