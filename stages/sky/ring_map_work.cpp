// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/ring_map_work.hpp"

#include <healpix_cxx/healpix_base.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"

namespace setsz {

MapFigures map_figures(Comm const& comm, RingMap const& map) {
  struct RingSums {
    double area, integral, absolute, shown, squares, largest;
  };
  auto const& geometry = map.geometry();
  std::vector<RingSums> rings;
  for (std::int64_t ring = map.first_ring(); ring < map.last_ring(); ++ring) {
    auto const areas = geometry.solid_angles(ring, map.grid().pixels_of(ring));
    RingSums sums{0, 0, 0, 0, 0, -HUGE_VAL};
    auto const shown = map.grid().shown(ring);
    auto const values = map.ring(ring);
    for (std::size_t i = 0; i < values.size(); ++i) {
      double const value = values[i], y = value / areas[i];
      sums.integral += value;
      sums.absolute += std::abs(value);
      if (!shown.empty() && !shown[i]) continue;
      sums.area += areas[i];
      sums.shown += value;
      sums.squares += y * value;
      sums.largest = std::max(sums.largest, y);
    }
    rings.push_back(sums);
  }
  MapFigures figures;
  double squares = 0, area = 0, shown = 0;
  for (auto const& ring : comm.all_gather_v(rings)) {
    area += ring.area;
    figures.integral += ring.integral;
    figures.absolute += ring.absolute;
    shown += ring.shown;
    squares += ring.squares;
    figures.largest = std::max(figures.largest, ring.largest);
  }
  figures.mean = shown / area;
  figures.deviation = std::sqrt(std::max(0.0, squares / area - figures.mean * figures.mean));
  return figures;
}

std::vector<double> degraded(Comm const& comm, RingMap const& map, std::int64_t nside,
                             double quantum_sr) {
  auto const& rings = *map.geometry().healpix();
  std::int64_t const ratio = rings.nside() / nside;
  T_Healpix_Base<int64> const fine(rings.nside(), RING, SET_NSIDE);
  T_Healpix_Base<int64> const coarse(nside, RING, SET_NSIDE);
  std::vector<std::int64_t> quanta(coarse.Npix(), 0);
  std::int64_t pixel = rings.first_pixel(map.first_ring());
  for (double const value : map.values()) {
    std::int64_t const p = pixel++;
    if (value == 0) continue;
    auto const parent = ratio == 1 ? p : coarse.nest2ring(fine.ring2nest(p) / (ratio * ratio));
    quanta[parent] += std::llround(value / quantum_sr);
  }
  comm.all_sum(quanta);
  std::vector<double> result;
  if (!comm.is_root()) return result;
  double const area = 4 * std::numbers::pi / real(coarse.Npix());
  for (auto const count : quanta) result.push_back(real(count) * quantum_sr / area);
  return result;
}

}  // namespace setsz
