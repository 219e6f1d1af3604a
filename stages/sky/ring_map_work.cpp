// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/ring_map_work.hpp"

#include <healpix_cxx/healpix_base.h>

#include <algorithm>
#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {

MapFigures map_figures(Comm const& comm, RingMap const& map) {
  struct RingSums {
    double sum, squares, largest;
  };
  auto const& geometry = map.geometry();
  double const per_area = 1 / geometry.pixel_area();
  std::vector<RingSums> rings;
  for (std::int64_t ring = map.first_ring(); ring < map.last_ring(); ++ring) {
    RingSums sums{0, 0, 0};
    for (double const value : map.ring(ring)) {
      double const y = value * per_area;
      sums.sum += y;
      sums.squares += y * y;
      sums.largest = std::max(sums.largest, y);
    }
    rings.push_back(sums);
  }
  MapFigures figures;
  double squares = 0, sum = 0;
  for (auto const& ring : comm.all_gather_v(rings)) {
    sum += ring.sum;
    squares += ring.squares;
    figures.largest = std::max(figures.largest, ring.largest);
  }
  auto const n = real(geometry.n_pixels());
  figures.mean = sum / n;
  figures.deviation = std::sqrt(std::max(0.0, squares / n - figures.mean * figures.mean));
  figures.integral = sum * geometry.pixel_area();
  return figures;
}

std::vector<double> degraded(Comm const& comm, RingMap const& map, std::int64_t nside,
                             double quantum_sr) {
  std::int64_t const ratio = map.geometry().nside() / nside;
  T_Healpix_Base<int64> const fine(map.geometry().nside(), RING, SET_NSIDE);
  T_Healpix_Base<int64> const coarse(nside, RING, SET_NSIDE);
  std::vector<std::int64_t> quanta(coarse.Npix(), 0);
  for (std::int64_t p = map.pixels().first; p < map.pixels().last; ++p) {
    double const value = map.values()[p - map.pixels().first];
    if (value == 0) continue;
    auto const parent = ratio == 1 ? p : coarse.nest2ring(fine.ring2nest(p) / (ratio * ratio));
    quanta[parent] += std::llround(value / quantum_sr);
  }
  comm.all_sum(quanta);
  std::vector<double> result;
  if (!comm.is_root()) return result;
  double const area = RingGeometry(nside).pixel_area();
  for (auto const count : quanta) result.push_back(real(count) * quantum_sr / area);
  return result;
}

}  // namespace setsz
