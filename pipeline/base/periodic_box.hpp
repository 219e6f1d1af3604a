// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>

#include "pipeline/base/vec3.hpp"

namespace setsz {

/// A cubic box with periodic sides [ckpc/h].
class PeriodicBox {
 public:
  explicit PeriodicBox(double edge) : edge_(edge) {}
  double edge() const { return edge_; }

  /// The coordinate in [0, edge).
  double wrap(double x) const {
    x -= edge_ * std::floor(x / edge_);
    return x < edge_ ? x : 0;  // floor(-tiny / edge) gives x == edge
  }
  Vec3 wrap(Vec3 const& p) const { return {wrap(p.x), wrap(p.y), wrap(p.z)}; }

  /// The shortest image of a difference, in [-edge/2, edge/2]. \pre |d| < 1.5 edge
  double shortest(double d) const {
    if (d > edge_ / 2) return d - edge_;
    if (d < -edge_ / 2) return d + edge_;
    return d;
  }
  /// `to - from`, minimum image.
  Vec3 offset(Vec3 const& from, Vec3 const& to) const {
    return {shortest(to.x - from.x), shortest(to.y - from.y), shortest(to.z - from.z)};
  }

 private:
  double edge_;
};

}  // namespace setsz
