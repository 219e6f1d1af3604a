// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_direction.hpp"

#include <cmath>
#include <numbers>

namespace setsz {

SkyDirection::SkyDirection(Vec3 const& position) : outwards(unit(position)) {
  z = outwards.z;
  s = std::hypot(outwards.x, outwards.y);
  theta = std::atan2(s, z);
  phi = s > 0 ? std::atan2(outwards.y, outwards.x) : 0;
  if (phi < 0) phi += 2 * std::numbers::pi;
  double const cosine = s > 0 ? outwards.x / s : 1, sine = s > 0 ? outwards.y / s : 0;
  east = {-sine, cosine, 0};
  south = {z * cosine, z * sine, -s};
}

RingPixel SkyDirection::pixel_at(RingGeometry const& geometry, Vec3 const& local) const {
  if (auto const* flat = geometry.flat())
    return flat->pixel_at(local.x * east + local.y * south + local.z * outwards);
  // The component away from the axis along the meridian of this direction.
  double const away = local.z * s + local.y * z, ratio = local.x / away, q = ratio * ratio;
  double const dphi = away > 0 && q < 0.01
                          ? ratio * (1 - q * (1.0 / 3 - q * (1.0 / 5 - q * (1.0 / 7 - q / 9))))
                          : std::atan2(local.x, away);
  return geometry.pixel_at(local.z * z - local.y * s, std::sqrt(local.x * local.x + away * away),
                           phi + dphi);
}

}  // namespace setsz
