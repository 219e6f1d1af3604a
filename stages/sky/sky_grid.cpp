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

SkyGrid::SkyGrid(RingGeometry geometry, Part part, double margin)
    : geometry_(geometry), part_(std::move(part)), margin_(margin) {
  pixels_.reserve(geometry_.n_rings());
  for (std::int64_t ring = 1; ring <= geometry_.n_rings(); ++ring) {
    pixels_.push_back(pixels_inside(ring, margin_));
    if (margin_ == 0) pixels_.back() = trimmed(ring, pixels_.back());
    Range const pixels = pixels_.back();
    if (pixels.size() == 0) continue;
    if (rings_.size() == 0) rings_.first = ring;
    rings_.last = ring + 1;
    auto const shown = this->shown(ring);
    n_pixels_ += shown.empty() ? pixels.size() : std::ranges::count(shown, true);
  }
}

Range SkyGrid::pixels_inside(std::int64_t ring, double margin) const {
  Range inside;
  auto const in_cap = [&](Vec3 const& centre, double radius) {
    return Stamp::pixels_within(geometry_, SkyDirection(centre), ring,
                                geometry_.circle(ring, PixelPart{}),
                                Stamp::chord2_of(std::min(radius, std::numbers::pi)));
  };
  if (auto const* patch = std::get_if<SkyPatch>(&part_)) {
    double const at = real(ring);
    if (at < geometry_.ring_at(std::max(patch->theta_min - margin, 0.0)) - on_the_edge ||
        at > geometry_.ring_at(std::min(patch->theta_max + margin, std::numbers::pi)) + on_the_edge)
      return {};
    auto const* car = geometry_.car();
    // Along the parallel it is farther than along a great circle.
    double const aside = margin == 0 ? 0 : 2 * margin / geometry_.circle(ring, PixelPart{}).s;
    inside = car ? columns_of(*car, *patch)
                 : geometry_.pixels_near(ring, (patch->phi_min + patch->phi_max) / 2,
                                         (patch->phi_max - patch->phi_min) / 2 + aside);
  } else if (auto const* cap = std::get_if<SkyCap>(&part_)) {
    inside = in_cap(cap->centre, cap->radius + margin);
  } else if (auto const* polygon = std::get_if<SkyPolygon>(&part_)) {
    inside = in_cap(polygon->centre(), polygon->radius() + margin);
  } else {
    inside = geometry_.whole_ring(ring);
  }
  return inside.size() > 0 ? inside : Range{};
}

std::vector<bool> SkyGrid::shown(std::int64_t ring) const {
  auto const* polygon = std::get_if<SkyPolygon>(&part_);
  Range const pixels = pixels_of(ring);
  if (is_full() || (!polygon && margin_ == 0)) return {};
  Range const part = margin_ == 0 ? pixels : pixels_inside(ring, 0);
  std::int64_t const n = geometry_.pixels_in(ring);
  auto const [z, s] = geometry_.circle(ring, PixelPart{});
  std::vector<bool> shown;
  geometry_.for_each_arc(ring, PixelPart{}, pixels.first, pixels.last, [&](auto const& arc) {
    for (std::int64_t k = arc.first; k < arc.last; ++k) {
      std::int64_t const at = ((k - part.first) % n + n) % n;
      double const phi = arc.phi_first + arc.phi_step * real(k - arc.first);
      shown.push_back(at < part.size() &&
                      (!polygon || polygon->contains({s * std::cos(phi), s * std::sin(phi), z})));
    }
  });
  return shown;
}

Range SkyGrid::trimmed(std::int64_t ring, Range pixels) const {
  auto const shown = this->shown(ring);
  if (shown.empty()) return pixels;
  auto const first = std::ranges::find(shown, true);
  if (first == shown.end()) return {};
  auto const last = std::find(shown.rbegin(), shown.rend(), true);
  return {pixels.first + (first - shown.begin()), pixels.last - (last - shown.rbegin())};
}

double SkyGrid::share_of_sky() const {
  double area = 0;
  for (std::int64_t ring = rings_.first; ring < rings_.last; ++ring)
    area += geometry_.pixel_area(ring) * real(pixels_of(ring).size());  // with the margin
  return area / (4 * std::numbers::pi);
}

bool SkyGrid::has(RingPixel const& pixel) const {
  Range const pixels = pixels_of(pixel.ring);
  std::int64_t const n = geometry_.pixels_in(pixel.ring), at = (pixel.in_ring - pixels.first) % n;
  return (at < 0 ? at + n : at) < pixels.size();
}

bool SkyGrid::may_meet(Vec3 const& seen, double angle) const {
  angle += margin_;
  if (auto const* patch = std::get_if<SkyPatch>(&part_))
    return setsz::may_meet(*patch, seen, angle);
  if (auto const* cap = std::get_if<SkyCap>(&part_)) {
    double const reach = std::min(angle + cap->radius, std::numbers::pi);
    return norm2(unit(seen) - unit(cap->centre)) <= Stamp::chord2_of(reach);
  }
  if (auto const* polygon = std::get_if<SkyPolygon>(&part_)) return polygon->may_meet(seen, angle);
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
