// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_canvas.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"

namespace setsz {

SkyCanvas::SkyCanvas(SkyGrid const& grid, int rank, int n_ranks, Beam const& beam)
    : Canvas(grid.boundaries(n_ranks)),
      map_(grid, pieces_of(rank).first, pieces_of(rank).last),
      beam_reach_(beam.reach()),
      painter_(map_, beam) {}

Range SkyCanvas::touched(Vec3 const& seen, double reach) const {
  auto const& geometry = map_.geometry();
  double const radius =
      std::asin(reach / norm(seen)) + beam_reach_ + 2 * geometry.largest_pixel_radius();
  if (!map_.grid().may_meet(seen, radius)) return {};
  if (auto const* flat = geometry.flat()) {
    Range const rows = flat->rows_within(flat->ellipse(seen, radius));
    return {nearest_ring(real(rows.first)), nearest_ring(real(rows.last - 1)) + 1};
  }
  double const theta = std::atan2(std::hypot(seen.x, seen.y), seen.z);
  double const north = geometry.ring_at(std::max(theta - radius, 0.0));
  double const south = geometry.ring_at(std::min(theta + radius, std::numbers::pi));
  return {nearest_ring(north - 1), nearest_ring(south + 1) + 1};
}

std::int64_t SkyCanvas::home(Vec3 const& seen) const {
  return nearest_ring(map_.geometry().row_at(seen));
}

std::int64_t SkyCanvas::nearest_ring(double at) const {
  Range const rings = map_.grid().rings();
  return std::clamp<std::int64_t>(std::llround(at), rings.first, rings.last - 1);
}

Painted SkyCanvas::paint(HaloGas const& gas, HaloImage const& image, double weight) {
  if (weight == 0) return {};  // a halo at rest in a map of velocities
  struct Draw {
    SkyPainter& painter;
    SkyHalo halo;
    Claims const& claims;
    Painted operator()(SparseCube const& cube) const { return painter.paint(cube, halo, claims); }
    Painted operator()(ProfileGas const& profile) const {
      return painter.paint(*profile.family, profile.point, halo, claims);
    }
  };
  return gas.drawn_by(Draw{painter_, {image.seen, image.halo.r200, weight}, gas.claims()});
}

}  // namespace setsz
