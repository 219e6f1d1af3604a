// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_grid.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "stages/sky/stamp.hpp"

namespace setsz {
namespace {

/// Centres this near to an edge [pixels] lie inside.
constexpr double on_the_edge = 1e-6;

double colatitude(Vec3 const& seen) { return std::atan2(std::hypot(seen.x, seen.y), seen.z); }

/// Columns of an image must be the same in all rows.
Range columns_of(CarRings const& rings, SkyPatch const& patch) {
  double const step = rings.pixel_size();
  auto const first = std::llround(std::ceil(patch.phi_min / step - on_the_edge));
  auto const last = std::llround(std::floor(patch.phi_max / step + on_the_edge)) + 1;
  return {first, std::min(last, first + rings.pixels_in(1))};
}

bool may_meet(SkyPatch const& patch, Vec3 const& seen, double angle) {
  double const theta = colatitude(seen);
  if (theta < patch.theta_min - angle || theta > patch.theta_max + angle) return false;
  double const sine = std::sin(std::min(angle, std::numbers::pi / 2)) / std::sin(theta);
  if (theta <= angle || theta >= std::numbers::pi - angle || sine >= 1) return true;  // a pole
  double const middle = (patch.phi_min + patch.phi_max) / 2;
  double const away =
      std::abs(std::remainder(std::atan2(seen.y, seen.x) - middle, 2 * std::numbers::pi));
  return away <= (patch.phi_max - patch.phi_min) / 2 + std::asin(sine);
}

}  // namespace

SkyGrid::SkyGrid(RingGeometry geometry, Part part) : geometry_(geometry), part_(part) {
  pixels_.reserve(geometry_.n_rings());
  for (std::int64_t ring = 1; ring <= geometry_.n_rings(); ++ring) {
    Range const pixels = pixels_inside(ring);
    pixels_.push_back(pixels);
    if (pixels.size() == 0) continue;
    if (rings_.size() == 0) rings_.first = ring;
    rings_.last = ring + 1;
    n_pixels_ += pixels.size();
  }
}

Range SkyGrid::pixels_inside(std::int64_t ring) const {
  Range inside;
  if (auto const* patch = std::get_if<SkyPatch>(&part_)) {
    double const at = real(ring);
    if (at < geometry_.ring_at(patch->theta_min) - on_the_edge ||
        at > geometry_.ring_at(patch->theta_max) + on_the_edge)
      return {};
    auto const* car = geometry_.car();
    inside = car ? columns_of(*car, *patch)
                 : geometry_.pixels_near(ring, (patch->phi_min + patch->phi_max) / 2,
                                         (patch->phi_max - patch->phi_min) / 2);
  } else if (auto const* cap = std::get_if<SkyCap>(&part_)) {
    inside =
        Stamp::pixels_within(geometry_, SkyDirection(cap->centre), ring,
                             geometry_.circle(ring, PixelPart{}), Stamp::chord2_of(cap->radius));
  } else {
    inside = geometry_.whole_ring(ring);
  }
  return inside.size() > 0 ? inside : Range{};
}

double SkyGrid::share_of_sky() const {
  double area = 0;
  for (std::int64_t ring = rings_.first; ring < rings_.last; ++ring)
    area += geometry_.pixel_area(ring) * real(pixels_of(ring).size());
  return area / (4 * std::numbers::pi);
}

bool SkyGrid::has(RingPixel const& pixel) const {
  Range const pixels = pixels_of(pixel.ring);
  std::int64_t const n = geometry_.pixels_in(pixel.ring), at = (pixel.in_ring - pixels.first) % n;
  return (at < 0 ? at + n : at) < pixels.size();
}

bool SkyGrid::may_meet(Vec3 const& seen, double angle) const {
  if (auto const* patch = std::get_if<SkyPatch>(&part_))
    return setsz::may_meet(*patch, seen, angle);
  if (auto const* cap = std::get_if<SkyCap>(&part_)) {
    double const reach = std::min(angle + cap->radius, std::numbers::pi);
    return norm2(unit(seen) - unit(cap->centre)) <= Stamp::chord2_of(reach);
  }
  return true;
}

std::vector<std::int64_t> SkyGrid::boundaries(int n_ranks) const {
  std::vector<double> n_pixels;
  for (std::int64_t ring = rings_.first; ring < rings_.last; ++ring)
    n_pixels.push_back(real(pixels_of(ring).size()));
  auto boundaries = balanced_boundaries(n_pixels, n_ranks);
  for (auto& boundary : boundaries) boundary += rings_.first;
  return boundaries;
}

}  // namespace setsz
