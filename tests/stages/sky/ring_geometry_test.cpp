// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/ring_geometry.hpp"

#include <gtest/gtest.h>
#include <healpix_cxx/healpix_base.h>

#include <algorithm>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/sky/sky_grid.hpp"
#include "stages/sky/stamp.hpp"

namespace setsz {
namespace {

using Healpix = T_Healpix_Base<int64>;

double degrees_apart(double z1, double s1, double phi1, double z2, double phi2) {
  double const s2 = std::sqrt((1 - z2) * (1 + z2));
  double const dx = s1 * std::cos(phi1) - s2 * std::cos(phi2);
  double const dy = s1 * std::sin(phi1) - s2 * std::sin(phi2);
  return std::sqrt(dx * dx + dy * dy + (z1 - z2) * (z1 - z2)) * 180 / std::numbers::pi;
}

TEST(RingGeometry, HasTheCentresOfTheFieldsOwnLibrary) {
  for (std::int64_t const nside : {1, 2, 8, 64}) {
    RingGeometry const rings(nside);
    Healpix const healpix(nside, RING, SET_NSIDE);
    std::int64_t pixel = 0;
    for (std::int64_t ring = 1; ring <= rings.n_rings(); ++ring) {
      ASSERT_EQ(rings.first_pixel(ring), pixel);
      auto const circle = rings.circle(ring, {});
      rings.for_each_arc(ring, {}, 0, rings.pixels_in(ring), [&](auto const& arc) {
        for (std::int64_t k = arc.first; k < arc.last; ++k, ++pixel) {
          vec3 const v = healpix.pix2vec(pixel);
          double const mine = arc.phi_first + arc.phi_step * real(k - arc.first);
          ASSERT_LT(degrees_apart(circle.z, circle.s, mine, v.z, std::atan2(v.y, v.x)), 1e-11)
              << pixel;
        }
      });
      EXPECT_NEAR(rings.ring_at(std::atan2(circle.s, circle.z)), real(ring), 1e-9);
    }
    EXPECT_EQ(rings.first_pixel(rings.n_rings() + 1), rings.n_pixels());
  }
}

TEST(RingGeometry, PartsOfAPixelAreThePixelsOfAFinerMap) {
  std::int64_t const nside = 16, parts = 4;
  RingGeometry const rings(nside);
  Healpix const coarse(nside, RING, SET_NSIDE), fine(nside * parts, NEST, SET_NSIDE);
  for (std::int64_t ring = 1; ring <= rings.n_rings(); ++ring) {
    for (std::int64_t k = 0; k < rings.pixels_in(ring); ++k) {
      std::int64_t const parent = coarse.ring2nest(rings.first_pixel(ring) + k);
      std::vector<bool> met(parts * parts, false);
      for (int a = 0; a < parts; ++a) {
        for (int b = 0; b < parts; ++b) {
          PixelPart const part{(a + 0.5) / parts - 0.5, (b + 0.5) / parts - 0.5};
          auto const circle = rings.circle(ring, part);
          rings.for_each_arc(ring, part, k, k + 1, [&](auto const& arc) {
            std::int64_t const child = fine.vec2pix(vec3(
                circle.s * std::cos(arc.phi_first), circle.s * std::sin(arc.phi_first), circle.z));
            ASSERT_EQ(child / (parts * parts), parent) << "ring " << ring << " pixel " << k;
            met[child % (parts * parts)] = true;
            pointing const centre = fine.pix2ang(child);
            EXPECT_LT(degrees_apart(circle.z, circle.s, arc.phi_first, std::cos(centre.theta),
                                    centre.phi),
                      1e-10);
          });
        }
      }
      EXPECT_TRUE(std::ranges::all_of(met, [](bool m) { return m; }));
    }
  }
}

TEST(RingGeometry, SharesCornersBetweenRings) {
  for (std::int64_t const nside : {8, 15}) {
    HealpixRings const rings(nside);
    for (std::int64_t ring = 2; ring < rings.n_rings(); ++ring) {
      std::int64_t const n = rings.pixels_in(ring) / 4;
      for (std::int64_t k = 0; k < 4 * n; ++k) {
        std::int64_t const quadrant = k / n, j = k % n;
        auto const own = rings.western_corners(ring, quadrant);
        auto const expect = [&](std::int64_t at, std::int64_t corner, PixelPart part) {
          auto const corners = rings.western_corners(at, quadrant);
          double const mine = corners.phi_first + corners.phi_step * real(corner);
          auto const circle = rings.circle(ring, part);
          rings.for_each_arc(ring, part, k, k + 1, [&](auto const& arc) {
            EXPECT_LT(degrees_apart(circle.z, circle.s, arc.phi_first, corners.circle.z, mine),
                      1e-11)
                << "nside " << nside << " ring " << ring << " pixel " << k << " corner " << at;
          });
        };
        double const north = ring <= 2 * nside ? -0.5 : 0.5;  // the south mirrors the north
        expect(ring, j, {0.5, -0.5});
        expect(ring, j + 1, {-0.5, 0.5});
        expect(ring - 1, j + own.to_north, {north, north});
        expect(ring + 1, j + own.to_south, {-north, -north});
      }
    }
  }
}

TEST(RingGeometry, FindsThePixelsNearALongitude) {
  RingGeometry const rings(32);
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    Random random(1, Purpose::test, trial);
    auto const ring = 1 + static_cast<std::int64_t>(random.below(127));
    double const phi = 2 * std::numbers::pi * random.uniform();
    double const width = 3.3 * random.uniform() * random.uniform();
    Range const found = rings.pixels_near(ring, phi, width);
    std::int64_t const n = rings.pixels_in(ring);
    ASSERT_LE(found.size(), n);
    std::vector<bool> in(n, false);
    for (std::int64_t k = found.first; k < found.last; ++k) in[(k % n + n) % n] = true;
    for (std::int64_t k = 0; k < n; ++k) {
      rings.for_each_arc(ring, {}, k, k + 1, [&](auto const& arc) {
        double const distance = std::abs(std::remainder(arc.phi_first - phi, 2 * std::numbers::pi));
        EXPECT_EQ(in[k], distance <= std::min(width, 3.2))
            << "ring " << ring << " pixel " << k << " of " << n << ", " << distance << " of "
            << width;
      });
    }
  }
}

TEST(RingGeometry, CutsTheSkyIntoRangesOfRings) {
  for (std::int64_t const nside : {1, 4, 64}) {
    RingGeometry const rings(nside);
    for (int const ranks : {1, 2, 3, 5, 16}) {
      auto const boundaries = SkyGrid(rings).boundaries(ranks);
      EXPECT_EQ(boundaries.front(), 1);
      EXPECT_EQ(boundaries.back(), 4 * nside);
      EXPECT_TRUE(std::ranges::is_sorted(boundaries));
    }
  }
}

TEST(RingGeometry, FindsThePixelThatHealpixFinds) {
  for (std::int64_t const nside : {1, 2, 8, 64, 8192}) {
    RingGeometry const rings(nside);
    Healpix const healpix(nside, RING, SET_NSIDE);
    for (std::uint64_t trial = 0; trial < 20000; ++trial) {
      Random random(8, Purpose::test, trial);
      double z = 2 * random.uniform() - 1;
      if (trial % 5 == 0) z = std::copysign(1 - 1e-6 * (1 - std::abs(z)), z);
      double const phi = 2 * std::numbers::pi * random.uniform(), s = std::sqrt((1 - z) * (1 + z));
      auto const [ring, in_ring] = rings.pixel_at(z, s, phi);
      auto const pixel = healpix.zphi2pix(z, phi);
      EXPECT_EQ(rings.first_pixel(ring) + in_ring, pixel) << nside << " " << z << " " << phi;
      SkyDirection const direction({s * std::cos(phi), s * std::sin(phi), z});
      auto const same = direction.pixel_at(rings, {0, 0, 1});
      EXPECT_EQ(same.ring, ring);
      EXPECT_EQ(same.in_ring, in_ring);
    }
  }
}

}  // namespace
}  // namespace setsz
