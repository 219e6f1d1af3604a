// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/car_rings.hpp"

#include <algorithm>
#include <cmath>

namespace setsz {

CarRings::Edges CarRings::edges(std::int64_t ring) const {
  double const from_pole = real(ring - 1), last = real(n_rings() - 1);
  return {std::max(from_pole - 0.5, 0.0) * pixel_size(),
          std::min(from_pole + 0.5, last) * pixel_size()};
}

double CarRings::pixel_area(std::int64_t ring) const {
  auto const [north, south] = edges(is_southern(ring) ? mirrored(ring) : ring);
  return pixel_size() * 2 * std::sin((south - north) / 2) * std::sin((south + north) / 2);
}

RingPixel CarRings::pixel_at(double z, double s, double phi) const {
  auto const ring = 1 + std::llround(std::atan2(s, z) / pixel_size());
  std::int64_t const k = std::llround(phi / pixel_size()) % n_;
  return {std::min<std::int64_t>(ring, n_rings()), k < 0 ? k + n_ : k};
}

RingCircle CarRings::circle(std::int64_t ring, PixelPart part) const {
  // From the pole that is nearer, where 1 - |z| is exact.
  bool const south = is_southern(ring);
  auto const edge = edges(south ? mirrored(ring) : ring);
  auto const depth = [](double theta) { return 2 * std::pow(std::sin(theta / 2), 2); };  // 1 - z
  double const first = depth(edge.north), last = depth(edge.south);
  double const share = 0.5 + (south ? -part.along_a : part.along_a);
  double const u = first + share * (last - first);
  return {south ? u - 1 : 1 - u, std::sqrt(u * (2 - u))};
}

}  // namespace setsz
