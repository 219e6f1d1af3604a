// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_disc.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace setsz {

SkyDisc::SkyDisc(RingGeometry const& geometry, SkyDirection const& centre, double angle)
    : geometry_(&geometry),
      theta_(centre.theta),
      phi_(centre.phi),
      z_(centre.z),
      s_(centre.s),
      angle_(angle),
      chord2_(chord2_of(angle)) {
  if (auto const* flat = geometry.flat()) flat_ = flat->ellipse(centre.outwards, angle);
}

Range SkyDisc::rings() const {
  if (flat_) return geometry_->flat()->rows_within(*flat_);
  double const north = theta_ - angle_, south = theta_ + angle_;
  auto const number = [](double ring) { return static_cast<std::int64_t>(ring); };
  std::int64_t const first =
      north <= 0 ? 1 : std::max<std::int64_t>(1, number(std::floor(geometry_->ring_at(north))));
  std::int64_t const last =
      south >= std::numbers::pi
          ? geometry_->n_rings()
          : std::min(geometry_->n_rings(), number(std::ceil(geometry_->ring_at(south))));
  return {first, last + 1};
}

Range SkyDisc::pixels_of(std::int64_t ring, RingCircle const& circle) const {
  if (flat_) return geometry_->flat()->columns_within(*flat_, ring);
  auto const [z, s] = circle;
  // |n - n0|^2 = dz^2 + ds^2 + 4 s s0 sin^2(dphi/2)
  double const left = chord2_ - (z - z_) * (z - z_) - (s - s_) * (s - s_);
  if (left < 0) return {};
  double const across = 4 * s * s_;
  double const half_width =
      left >= across ? std::numbers::pi : 2 * std::asin(std::sqrt(left / across));
  return geometry_->pixels_near(ring, phi_, half_width);
}

}  // namespace setsz
