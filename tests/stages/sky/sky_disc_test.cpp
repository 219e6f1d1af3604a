// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_disc.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

/// Pixels by their number, of all centres on the sky that lie within the angle.
std::set<std::int64_t> all_within(RingGeometry const& rings, Vec3 const& centre, double angle) {
  std::set<std::int64_t> found;
  for (std::int64_t ring = 1; ring <= rings.n_rings(); ++ring)
    rings.for_each_direction(ring, {}, {0, rings.pixels_in(ring)},
                             [&](std::int64_t k, Vec3 const& direction) {
                               if (norm(direction - centre) <= 2 * std::sin(angle / 2))
                                 found.insert(rings.first_pixel(ring) + k);
                             });
  return found;
}

TEST(SkyDisc, ListsThePixelsWithinIt) {
  for (auto const& rings :
       {RingGeometry(1), RingGeometry(7), RingGeometry(32), RingGeometry(CarRings(48))}) {
    for (std::uint64_t trial = 0; trial < 200; ++trial) {
      Random random(14, Purpose::test, trial);
      double const z = trial % 10 == 0 ? 1 : trial % 10 == 1 ? -1 : 2 * random.uniform() - 1;
      double const s = std::sqrt(1 - z * z), phi = 2 * std::numbers::pi * random.uniform();
      double const angle = std::numbers::pi * std::pow(random.uniform(), 3);
      Vec3 const centre{s * std::cos(phi), s * std::sin(phi), z};
      std::vector<SkyDisc::Row> rows = {{-1, {}, {}}};
      SkyDisc(rings, SkyDirection(centre), angle).list_rows(rows);
      std::set<std::int64_t> listed;
      for (auto const& [ring, pixels, circle] : rows) {
        std::int64_t const n = rings.pixels_in(ring);
        for (std::int64_t k = pixels.first; k < pixels.last; ++k)
          ASSERT_TRUE(listed.insert(rings.first_pixel(ring) + (k % n + n) % n).second);
      }
      EXPECT_EQ(listed, all_within(rings, centre, angle)) << z << ' ' << phi << ' ' << angle;
    }
  }
}

/// On maps too large to look at every pixel: as row by row.
TEST(SkyDisc, ListsRowsAsTheyAreOneByOne) {
  for (std::int64_t const nside : {3L, 256L, 8192L, 1L << 20}) {
    RingGeometry const rings(nside);
    for (std::uint64_t trial = 0; trial < 300; ++trial) {
      Random random(15, Purpose::test, trial);
      // Also at the edges of the caps and around the meridian where longitudes begin.
      double const z = trial % 4 == 0 ? std::copysign(2.0 / 3, random.uniform() - 0.5)
                                      : 2 * random.uniform() - 1;
      double const phi = trial % 5 == 0 ? 1e-9 : 2 * std::numbers::pi * random.uniform();
      double const s = std::sqrt(1 - z * z), angle = 150 * random.uniform() / double(nside);
      SkyDisc const disc(rings, SkyDirection({s * std::cos(phi), s * std::sin(phi), z}),
                         std::min(angle, 3.0));
      std::vector<SkyDisc::Row> rows;
      disc.list_rows(rows);
      auto row = rows.begin();
      for (std::int64_t ring = disc.rings().first; ring < disc.rings().last; ++ring) {
        Range const pixels = disc.pixels_of(ring);
        if (pixels.size() <= 0) continue;
        ASSERT_NE(row, rows.end());
        EXPECT_EQ(row->ring, ring);
        EXPECT_EQ(row->pixels.first, pixels.first) << "ring " << ring;
        EXPECT_EQ(row->pixels.last, pixels.last) << "ring " << ring;
        auto const circle = rings.circle(ring, PixelPart{});
        EXPECT_EQ(row->circle.z, circle.z);
        EXPECT_EQ(row->circle.s, circle.s);
        ++row;
      }
      EXPECT_EQ(row, rows.end());
    }
  }
}

}  // namespace
}  // namespace setsz
