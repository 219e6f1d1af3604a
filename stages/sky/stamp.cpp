// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/stamp.hpp"

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

Range Stamp::pixels_within(RingGeometry const& geometry, SkyDirection const& centre,
                           std::int64_t ring, double angle) {
  auto const [z, s] = geometry.circle(ring, PixelPart{});
  // |n - n0|^2 = dz^2 + ds^2 + 4 s s0 sin^2(dphi/2)
  double const chord2 = 4 * std::sin(angle / 2) * std::sin(angle / 2);
  double const left = chord2 - (z - centre.z) * (z - centre.z) - (s - centre.s) * (s - centre.s);
  if (left < 0) return {};
  double const across = 4 * s * centre.s;
  double const half_width =
      left >= across ? std::numbers::pi : 2 * std::asin(std::sqrt(left / across));
  return geometry.pixels_near(ring, centre.phi, half_width);
}

void Stamp::add_to(RingMap& map, double factor) const {
  RingGeometry const& geometry = map.geometry();
  double const scale = factor * area_;
  for (auto const& row : rows_) {
    if (!map.owns_ring(row.ring)) continue;
    std::int64_t const n = geometry.pixels_in(row.ring);
    std::int64_t const start = geometry.first_pixel(row.ring) - map.pixels().first;
    std::int64_t k = row.first % n;
    if (k < 0) k += n;
    double* const ring = map.values().data() + start;
    for (std::size_t i = row.begin; i < row.end; ++i) {
      ring[k] += scale * values_[i];
      if (++k == n) k = 0;
    }
  }
}

}  // namespace setsz
