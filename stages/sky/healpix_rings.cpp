// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/healpix_rings.hpp"

#include <algorithm>

namespace setsz {

std::int64_t HealpixRings::first_pixel(std::int64_t ring) const {
  if (ring <= nside_) return 2 * ring * (ring - 1);
  if (ring <= 3 * nside_) return 2 * nside_ * (nside_ - 1) + 4 * nside_ * (ring - nside_);
  std::int64_t const to_pole = 4 * nside_ - ring;
  return n_pixels() - 2 * to_pole * (to_pole + 1);
}

double HealpixRings::ring_at(double theta) const {
  auto const n = real(nside_);
  double const z = std::cos(theta);
  if (std::abs(z) <= 2.0 / 3.0) return n * (2 - 1.5 * z);
  // sqrt(3 (1 - |z|)) without the difference
  double const from_pole =
      n * std::sqrt(6.0) * std::sin((z > 0 ? theta : std::numbers::pi - theta) / 2);
  return z > 0 ? from_pole : 4 * n - from_pole;
}

RingPixel HealpixRings::pixel_at(double z, double s, double phi) const {
  auto const n = real(nside_);
  auto const whole = [](double x) { return static_cast<std::int64_t>(x); };  // of x >= 0
  double quarters = phi * (2 / std::numbers::pi);
  if (quarters < 0) quarters += 4;
  if (quarters >= 4) quarters -= 4;
  if (std::abs(z) <= 2.0 / 3) {
    double const east = n * (0.5 + quarters), north = n * z * 0.75;
    // The lines between pixels that rise and that fall towards the east.
    std::int64_t const up = whole(east - north), down = whole(east + north);
    std::int64_t const ring = 2 * nside_ + up - down;
    bool const shifted = shift_of(ring) > 0.25;
    std::int64_t const in_ring = (up + down - nside_ + (shifted ? 1 : 2)) / 2;
    return {ring, in_ring >= 4 * nside_ ? in_ring - 4 * nside_ : in_ring};
  }
  double const from_pole = n * s * std::sqrt(3 / (1 + std::abs(z)));  // sqrt(3 (1 - |z|)) nside
  double const in_quarter = quarters - real(whole(quarters));
  std::int64_t const ring =
      std::min(whole(in_quarter * from_pole) + whole((1 - in_quarter) * from_pole) + 1, nside_);
  std::int64_t const in_ring = std::min(whole(quarters * real(ring)), 4 * ring - 1);
  return {z > 0 ? ring : 4 * nside_ - ring, in_ring};
}

RingCircle HealpixRings::circle(std::int64_t ring, PixelPart part) const {
  // The south mirrors the north; there the axes point northwards.
  bool const south = ring > 2 * nside_;
  auto const n = real(nside_);
  double const t = real(south ? 4 * nside_ - ring : ring) + part.along_a + part.along_b;
  RingCircle circle;
  if (t < n) {
    double const below_pole = t * t / (3 * n * n);
    circle.z = 1 - below_pole;
    circle.s = std::sqrt(below_pole * (2 - below_pole));
  } else {
    circle.z = (4 - 2 * t / n) / 3;
    circle.s = std::sqrt((1 - circle.z) * (1 + circle.z));
  }
  if (south) circle.z = -circle.z;
  return circle;
}

HealpixRings::Corners HealpixRings::western_corners(std::int64_t ring,
                                                    std::int64_t quadrant) const {
  std::int64_t const in_quadrant = pixels_in(ring) / 4;
  double const step = std::numbers::pi / 2 / real(in_quadrant);
  double const first = real(quadrant * in_quadrant) + shift_of(ring) - 0.5;
  bool const shifted = shift_of(ring) < 0.25;  // near the equator every second ring
  return {circle(ring, PixelPart{}), first * step, step,
          ring > 3 * nside_ || (ring > nside_ && !shifted) ? 1 : 0,
          ring < nside_ || (ring < 3 * nside_ && !shifted) ? 1 : 0};
}

Range HealpixRings::pixels_near(std::int64_t ring, double phi, double half_width) const {
  return setsz::pixels_near(pixels_in(ring), shift_of(ring), phi, half_width);
}

}  // namespace setsz
