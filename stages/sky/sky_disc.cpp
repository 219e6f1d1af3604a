// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_disc.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/dispatch.hpp"

namespace setsz {
namespace {

/// Rings of HEALPix, so many at a time: their circles, and of their pixels those within a disc.
constexpr int rings_at_once = 64;
struct RingBlock {
  double z[rings_at_once], s[rings_at_once];
  double
      share[rings_at_once];  ///< sin^2 of half of the disc's half width in longitude; below 0: none
  double per_angle[rings_at_once], shift[rings_at_once];
  int first[rings_at_once], last[rings_at_once];
};
struct Disc {
  double z, s, phi, chord2;
};

/// HealpixRings::circle and pixels_of without branches.
SETSZ_DISPATCH
void find_circles(int nside, int first_ring, int count, Disc const& disc, RingBlock& block) {
  double const n = nside, z0 = disc.z, s0 = disc.s, chord2 = disc.chord2;
  for (int i = 0; i < count; ++i) {
    int const ring = first_ring + i, from_south = 4 * nside - ring;
    int const from_pole = ring < from_south ? ring : from_south;
    double const t = from_pole, below_pole = t * t / (3 * n * n), flat_z = (4 - 2 * t / n) / 3;
    double const north = from_pole < nside ? 1 - below_pole : flat_z;
    double const s2 =
        from_pole < nside ? below_pole * (2 - below_pole) : (1 - flat_z) * (1 + flat_z);
    double const s = std::sqrt(s2), z = ring > 2 * nside ? -north : north;
    block.z[i] = z;
    block.s[i] = s;
    block.share[i] = (chord2 - (z - z0) * (z - z0) - (s - s0) * (s - s0)) / (4 * s * s0);
    int const in_quarter = from_pole < nside ? from_pole : nside;
    block.per_angle[i] = 4.0 * in_quarter / (2 * std::numbers::pi);
    block.shift[i] = from_pole >= nside && ((ring - nside) & 1) != 0 ? 0.0 : 0.5;
  }
}

/// 2 asin(sqrt(q)) by Taylor's series, for q < largest_share to 1e-16.
constexpr double largest_share = 1.0 / 64;
inline double two_asin_sqrt(double q) {
  double const series =
      q *
      (1.0 / 6 +
       q * (3.0 / 40 +
            q * (5.0 / 112 + q * (35.0 / 1152 +
                                  q * (63.0 / 2816 + q * (231.0 / 13312 + q * (143.0 / 10240)))))));
  return 2 * std::sqrt(q) * (1 + series);
}

/// setsz::pixels_near of all rings of a block.
SETSZ_DISPATCH
void find_pixels(double phi, int count, RingBlock& block) {
  for (int i = 0; i < count; ++i) {
    double const q = block.share[i] > 0 ? block.share[i] : 0;
    double const half_width = two_asin_sqrt(q < largest_share ? q : 0);
    double const low = (phi - half_width) * block.per_angle[i] - block.shift[i] - 1e-9;
    double const high = (phi + half_width) * block.per_angle[i] - block.shift[i] + 1e-9;
    int const first = static_cast<int>(low), last = static_cast<int>(high);
    block.first[i] = first + (first < low ? 1 : 0);
    block.last[i] = last - (last > high ? 1 : 0) + 1;
  }
}

}  // namespace

SkyDisc::SkyDisc(RingGeometry const& geometry, SkyDirection const& centre, double angle)
    : geometry_(&geometry),
      theta_(centre.theta),
      phi_(centre.phi),
      z_(centre.z),
      s_(centre.s),
      angle_(angle),
      chord2_(chord2_of(angle)) {
  if (auto const* flat = geometry.flat()) flat_ = flat->ellipse(centre.outwards, angle);
}

Range SkyDisc::rings() const {
  if (flat_) return geometry_->flat()->rows_within(*flat_);
  double const north = theta_ - angle_, south = theta_ + angle_;
  auto const number = [](double ring) { return static_cast<std::int64_t>(ring); };
  std::int64_t const first =
      north <= 0 ? 1 : std::max<std::int64_t>(1, number(std::floor(geometry_->ring_at(north))));
  std::int64_t const last =
      south >= std::numbers::pi
          ? geometry_->n_rings()
          : std::min(geometry_->n_rings(), number(std::ceil(geometry_->ring_at(south))));
  return {first, last + 1};
}

Range SkyDisc::pixels_of(std::int64_t ring, RingCircle const& circle) const {
  if (flat_) return geometry_->flat()->columns_within(*flat_, ring);
  auto const [z, s] = circle;
  // |n - n0|^2 = dz^2 + ds^2 + 4 s s0 sin^2(dphi/2)
  double const left = chord2_ - (z - z_) * (z - z_) - (s - s_) * (s - s_);
  if (left < 0) return {};
  double const across = 4 * s * s_;
  double const half_width =
      left >= across ? std::numbers::pi : 2 * std::asin(std::sqrt(left / across));
  return geometry_->pixels_near(ring, phi_, half_width);
}

void SkyDisc::list_rows(std::vector<Row>& rows) const {
  rows.clear();
  if (auto const* healpix = geometry_->healpix()) return list_healpix_rows(*healpix, rows);
  Range const all = this->rings();
  for (std::int64_t ring = all.first; ring < all.last; ++ring) {
    auto const circle = geometry_->circle(ring, PixelPart{});
    Range const pixels = pixels_of(ring, circle);
    if (pixels.size() > 0) rows.push_back({ring, pixels, circle});
  }
}

void SkyDisc::list_healpix_rows(HealpixRings const& healpix, std::vector<Row>& rows) const {
  Range const all = this->rings();
  RingBlock block;
  for (std::int64_t ring = all.first; ring < all.last; ring += rings_at_once) {
    auto const n = static_cast<int>(std::min<std::int64_t>(rings_at_once, all.last - ring));
    find_circles(static_cast<int>(healpix.nside()), static_cast<int>(ring), n,
                 {z_, s_, phi_, chord2_}, block);
    find_pixels(phi_, n, block);
    for (int i = 0; i < n; ++i) {
      if (!(block.share[i] >= 0)) continue;
      RingCircle const circle{block.z[i], block.s[i]};
      // Around a pole and in large discs all may have other signs and sizes.
      Range const pixels = block.share[i] < largest_share ? Range{block.first[i], block.last[i]}
                                                          : pixels_of(ring + i, circle);
      if (pixels.size() > 0) rows.push_back({ring + i, pixels, circle});
    }
  }
}

}  // namespace setsz
