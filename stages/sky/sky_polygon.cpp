// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_polygon.hpp"

#include <algorithm>
#include <cmath>

namespace setsz {
namespace {

/// Directions this near to an edge [rad] are inside.
constexpr double on_the_edge = 1e-12;

}  // namespace

SkyPolygon::SkyPolygon(std::vector<Vec3> corners) : corners_(std::move(corners)) {
  Vec3 sum{};
  for (auto& corner : corners_) sum = sum + (corner = unit(corner));
  centre_ = norm(sum) > 0 ? unit(sum) : Vec3{0, 0, 1};
  for (std::size_t i = 0; i < corners_.size(); ++i) {
    Vec3 const edge = cross(corners_[i], corners_[(i + 1) % corners_.size()]);
    Vec3 const normal = norm(edge) > 0 ? unit(edge) : Vec3{};
    inwards_.push_back(dot(normal, centre_) < 0 ? -1.0 * normal : normal);
    radius_ = std::max(radius_, 2 * std::asin(std::min(1.0, norm(corners_[i] - centre_) / 2)));
  }
}

bool SkyPolygon::is_convex() const {
  // Around a polygon that is convex the edges turn one way, once.
  double turns = 0, orientation = 0;
  for (std::size_t i = 0; i < corners_.size(); ++i) {
    Vec3 const &here = corners_[i], &next = corners_[(i + 1) % corners_.size()];
    if (norm(inwards_[i]) == 0 || dot(here, centre_) <= 0) return false;
    for (Vec3 const& corner : corners_)
      if (dot(inwards_[i], corner) < -1e-9) return false;
    double const way = dot(cross(here, next), centre_);
    if (way * orientation < 0 || way == 0) return false;
    orientation = way;
    Vec3 const from = here - dot(here, centre_) * centre_, to = next - dot(next, centre_) * centre_;
    turns += std::atan2(norm(cross(from, to)), dot(from, to));
  }
  return corners_.size() > 2 && turns < 7;  // 2 pi, and not twice that
}

bool SkyPolygon::contains(Vec3 const& direction) const {
  return std::ranges::all_of(
      inwards_, [&](Vec3 const& normal) { return dot(normal, direction) >= -on_the_edge; });
}

bool SkyPolygon::may_meet(Vec3 const& direction, double angle) const {
  Vec3 const to = unit(direction);
  double const reach = std::min(angle + radius_, 3.14159265358979);
  if (norm(to - centre_) > 2 * std::sin(reach / 2)) return false;
  return std::ranges::all_of(inwards_, [&](Vec3 const& normal) {
    return std::asin(std::clamp(dot(normal, to), -1.0, 1.0)) >= -angle;
  });
}

}  // namespace setsz
