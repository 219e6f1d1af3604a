// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "pipeline/base/vec3.hpp"

namespace setsz {

/// A convex part of the sky between great circles, smaller than a hemisphere.
class SkyPolygon {
 public:
  /// \param corners  directions, in order around the polygon either way; at least three
  explicit SkyPolygon(std::vector<Vec3> corners);

  /// False: corners cross over or bend inwards, or reach around half of the sky.
  bool is_convex() const;
  bool contains(Vec3 const& direction) const;
  /// Could a disc around a direction have something in common with it?
  bool may_meet(Vec3 const& direction, double angle) const;
  /// A direction within, and the largest angle from it to a corner [rad].
  Vec3 const& centre() const { return centre_; }
  double radius() const { return radius_; }

 private:
  std::vector<Vec3> corners_, inwards_;  ///< inwards_[i]: normal of the edge from corner i
  Vec3 centre_;
  double radius_ = 0;
};

}  // namespace setsz
