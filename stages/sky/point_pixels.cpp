// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/point_pixels.hpp"

#include <cmath>
#include <numbers>

#include "pipeline/base/dispatch.hpp"

namespace setsz {
namespace {

/// Height, distance from the axis and longitude in right angles, 0 to 4, of a point near a
/// direction: as in SkyDirection::pixel_at.
struct Polar {
  double z, s, quarters;
};
struct Frame {
  double z, s, phi;
};
inline Polar polar(Frame const& centre, double x, double y) {
  double const toward = std::sqrt(1 - x * x - y * y);
  double const away = toward * centre.s + y * centre.z, ratio = x / away, q = ratio * ratio;
  double const dphi = ratio * (1 - q * (1.0 / 3 - q * (1.0 / 5 - q * (1.0 / 7 - q / 9))));
  double const turned = (centre.phi + dphi) * (2 / std::numbers::pi);
  double const positive = turned < 0 ? turned + 4 : turned;
  return {toward * centre.z - y * centre.s, std::sqrt(x * x + away * away),
          positive >= 4 ? positive - 4 : positive};
}

/// HealpixRings::pixel_at where |z| <= 2/3.
SETSZ_DISPATCH
void find_in_belt(int nside, Frame const& centre, double const* __restrict x,
                  double const* __restrict y, int count, int* __restrict ring,
                  int* __restrict in_ring) {
  double const n = nside;
  Frame const from = centre;
  for (int i = 0; i < count; ++i) {
    Polar const at = polar(from, x[i], y[i]);
    double const east = n * (0.5 + at.quarters), north = n * at.z * 0.75;
    int const up = static_cast<int>(east - north), down = static_cast<int>(east + north);
    int const odd = (nside + up - down) & 1;
    int const k = (up + down - nside + 1 + odd) >> 1;
    ring[i] = 2 * nside + up - down;
    in_ring[i] = k >= 4 * nside ? k - 4 * nside : k;
  }
}

/// The same where |z| > 2/3.
SETSZ_DISPATCH
void find_in_cap(int nside, Frame const& centre, double const* __restrict x,
                 double const* __restrict y, int count, int* __restrict ring,
                 int* __restrict in_ring) {
  double const n = nside;
  Frame const from = centre;
  for (int i = 0; i < count; ++i) {
    Polar const at = polar(from, x[i], y[i]);
    double const from_pole = n * at.s * std::sqrt(3 / (1 + std::abs(at.z)));
    double const in_quarter = at.quarters - static_cast<int>(at.quarters);
    int const outside = static_cast<int>(in_quarter * from_pole) +
                        static_cast<int>((1 - in_quarter) * from_pole) + 1;
    int const number = outside < nside ? outside : nside;
    int const k = static_cast<int>(at.quarters * number);
    ring[i] = from.z > 0 ? number : 4 * nside - number;
    in_ring[i] = k < 4 * number ? k : 4 * number - 1;
  }
}

}  // namespace

void PointPixels::find(RingGeometry const& geometry, SkyDirection const& centre, double const* x,
                       double const* y, std::size_t n, double reach) {
  if (ring_.size() < n) {
    ring_.resize(n);
    in_ring_.resize(n);
  }
  auto const* healpix = geometry.healpix();
  double const z = std::abs(centre.z), margin = reach + 1e-9;
  bool const is_near = centre.s > 11 * reach;  // to the accuracy of the series for the longitude
  bool const in_belt = z + margin<2.0 / 3, in_cap = z - margin> 2.0 / 3;
  if (healpix && is_near && (in_belt || in_cap)) {
    (in_belt ? find_in_belt : find_in_cap)(static_cast<int>(healpix->nside()),
                                           {centre.z, centre.s, centre.phi}, x, y,
                                           static_cast<int>(n), ring_.data(), in_ring_.data());
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    double const toward = std::sqrt(1 - x[i] * x[i] - y[i] * y[i]);
    auto const [ring, in_ring] = centre.pixel_at(geometry, {x[i], y[i], toward});
    ring_[i] = static_cast<int>(ring);
    in_ring_[i] = static_cast<int>(in_ring);
  }
}

}  // namespace setsz
