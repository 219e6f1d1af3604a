// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_grid.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "stages/sky/sky_disc.hpp"

namespace setsz {
namespace {

/// Centres this near to an edge [pixels] lie inside.
constexpr double on_the_edge = 1e-6;

double colatitude(Vec3 const& seen) { return std::atan2(std::hypot(seen.x, seen.y), seen.z); }

/// Columns of an image must be the same in all rows.
Range columns_of(CarRings const& rings, SkyPatch const& patch, double margin) {
  double const step = rings.pixel_size();
  double aside = 0;
  if (margin > 0) {  // on its northern or southern edge it spans most longitudes
    double const north = std::sin(std::max(patch.theta_min - margin, 0.0));
    double const south = std::sin(std::min(patch.theta_max + margin, std::numbers::pi));
    aside = std::min(2 * margin / std::max(std::min(north, south), 1e-9), std::numbers::pi);
  }
  auto const first = std::llround(std::ceil((patch.phi_min - aside) / step - on_the_edge));
  auto const last = std::llround(std::floor((patch.phi_max + aside) / step + on_the_edge)) + 1;
  return {first, std::min(last, first + rings.pixels_in(1))};
}

Range hull(Range const& a, Range const& b) {
  if (a.size() <= 0 || b.size() <= 0) return a.size() <= 0 ? b : a;
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
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
    if (pixels_.back().size() > 0) rings_ = hull(rings_, {ring, ring + 1});
  }
  if (geometry_.car()) make_columns();
  for (std::int64_t ring = rings_.first; ring < rings_.last; ++ring) {
    auto const shown = this->shown(ring);
    n_pixels_ += shown.empty() ? pixels_of(ring).size() : std::ranges::count(shown, true);
  }
}

void SkyGrid::make_columns() {
  Range columns;
  for (auto const& pixels : pixels_) columns = hull(columns, pixels);
  columns.last = std::min(columns.last, columns.first + geometry_.pixels_in(1));
  for (std::int64_t ring = rings_.first; ring < rings_.last; ++ring) pixels_[ring - 1] = columns;
}

SkyGrid::Image SkyGrid::image() const {
  if (auto const* flat = geometry_.flat()) return {flat->rows(0), flat->columns(0)};
  if (margin_ > 0) return SkyGrid(geometry_, part_).image();
  return {rings_, pixels_of(rings_.first)};
}

Range SkyGrid::pixels_inside(std::int64_t ring, double margin) const {
  Range inside;
  auto const in_cap = [&](Vec3 const& centre, double radius) {
    return SkyDisc(geometry_, SkyDirection(centre), std::min(radius, std::numbers::pi))
        .pixels_of(ring);
  };
  if (auto const* flat = geometry_.flat()) {
    // Within the end of the plane, where beams and discs end as well.
    auto const plane = flat->ellipse(flat->plane().middle, std::numbers::pi);
    Range const columns = flat->columns(margin), used = flat->columns_within(plane, ring);
    if (flat->rows(margin).contains(ring))
      inside = {std::max(columns.first, used.first), std::min(columns.last, used.last)};
  } else if (auto const* patch = std::get_if<SkyPatch>(&part_)) {
    double const at = real(ring);
    if (at < geometry_.ring_at(std::max(patch->theta_min - margin, 0.0)) - on_the_edge ||
        at > geometry_.ring_at(std::min(patch->theta_max + margin, std::numbers::pi)) + on_the_edge)
      return {};
    auto const* car = geometry_.car();
    // Along the parallel it is farther than along a great circle.
    double const aside = margin == 0 ? 0 : 2 * margin / geometry_.circle(ring, PixelPart{}).s;
    inside = car ? columns_of(*car, *patch, margin)
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
  bool const in_columns = geometry_.car() && std::holds_alternative<SkyCap>(part_);
  if (is_full() || (!polygon && !in_columns && margin_ == 0)) return {};
  Range const pixels = pixels_of(ring), part = pixels_inside(ring, 0);
  std::int64_t const n = geometry_.pixels_in(ring);
  std::vector<bool> shown;
  geometry_.for_each_direction(
      ring, PixelPart{}, pixels, [&](std::int64_t k, Vec3 const& direction) {
        std::int64_t const at = ((k - part.first) % n + n) % n;
        shown.push_back(at < part.size() && (!polygon || polygon->contains(direction)));
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

bool SkyGrid::meets(FlatRows const& flat, Vec3 const& seen, double angle) const {
  auto const ellipse = flat.ellipse(seen, angle);
  Range const rows = flat.rows_within(ellipse);
  Range const columns = flat.columns(margin_);
  for (std::int64_t row = std::max(rows.first, rings_.first);
       row < std::min(rows.last, rings_.last); ++row) {
    Range const near = flat.columns_within(ellipse, row);
    if (near.size() > 0 && near.first < columns.last && near.last > columns.first) return true;
  }
  return false;
}

bool SkyGrid::may_meet(Vec3 const& seen, double angle) const {
  if (auto const* flat = geometry_.flat()) return meets(*flat, seen, angle);
  angle += margin_;
  if (auto const* patch = std::get_if<SkyPatch>(&part_))
    return setsz::may_meet(*patch, seen, angle);
  if (auto const* cap = std::get_if<SkyCap>(&part_)) {
    double const reach = std::min(angle + cap->radius, std::numbers::pi);
    return norm2(unit(seen) - unit(cap->centre)) <= SkyDisc::chord2_of(reach);
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
