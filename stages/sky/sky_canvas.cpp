// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_canvas.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

double colatitude(Vec3 const& seen) { return std::atan2(std::hypot(seen.x, seen.y), seen.z); }

}  // namespace

SkyCanvas::SkyCanvas(RingGeometry geometry, int rank, int n_ranks, Beam const& beam)
    : Canvas(ring_boundaries(geometry, n_ranks)),
      map_(geometry, pieces_of(rank).first, pieces_of(rank).last),
      beam_reach_(beam.reach()),
      painter_(map_, beam) {}

Range SkyCanvas::touched(Vec3 const& seen, double reach) const {
  auto const& geometry = map_.geometry();
  double const theta = colatitude(seen);
  double const radius =
      std::asin(reach / norm(seen)) + beam_reach_ + 2 * geometry.largest_pixel_radius();
  double const north = geometry.ring_at(std::max(theta - radius, 0.0));
  double const south = geometry.ring_at(std::min(theta + radius, std::numbers::pi));
  auto const ring = [&](double at) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(at), 1, geometry.n_rings());
  };
  return {ring(std::floor(north - 0.5)), ring(std::ceil(south + 0.5)) + 1};
}

std::int64_t SkyCanvas::home(Vec3 const& seen) const {
  auto const& geometry = map_.geometry();
  return std::clamp<std::int64_t>(std::lround(geometry.ring_at(colatitude(seen))), 1,
                                  geometry.n_rings());
}

Painted SkyCanvas::paint(HaloGas const& gas, HaloImage const& image) {
  struct Draw {
    SkyPainter& painter;
    SkyHalo halo;
    Claims const& claims;
    Painted operator()(SparseCube const& cube) const { return painter.paint(cube, halo, claims); }
    Painted operator()(ProfileGas const& profile) const {
      return painter.paint(*profile.family, profile.point, halo, claims);
    }
  };
  return gas.drawn_by(Draw{painter_, {image.seen, image.halo.r200, image.weight}, gas.claims()});
}

}  // namespace setsz
