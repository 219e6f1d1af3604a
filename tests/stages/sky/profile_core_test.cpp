// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/profile_core.hpp"
#include "pipeline/base/number.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace setsz {
namespace {

/// Where the corners of pixels are counted differently: the meridians between the quadrants, in the
/// caps and at their edges, and across longitude 0.
TEST(ProfileCore, GivesAPixelTheSameAloneAndAmongOthers) {
  std::int64_t const nside = 64;
  RingGeometry const rings(nside);
  std::vector<double> mean(1026);
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = 1 / (1 + std::pow(real(i) / 100, 2));
  double const sin_radius = 20 * rings.pixel_size();
  ProfileCore core(rings), alone(rings);
  for (std::int64_t const ring : {40L, 62L, 64L, 65L, 66L, 128L, 190L, 192L, 193L, 220L}) {
    for (double const quarters : {0.0, 0.003, 0.5, 0.99, 1.0, 2.01, 3.999}) {
      auto const [z, s] = rings.circle(ring, PixelPart{});
      double const phi = quarters * std::numbers::pi / 2;
      SkyDirection const centre({s * std::cos(phi), s * std::sin(phi), z});
      core.begin(centre, mean, sin_radius, 1e-3);
      std::vector<std::pair<std::int64_t, Range>> rows;
      for (std::int64_t r = ring - 3; r <= ring + 3; ++r) {
        rows.push_back({r, rings.pixels_near(r, centre.phi, 4 / (s * double(nside)))});
        core.add(r, rows.back().second);
      }
      auto const together = core.averages();
      std::size_t at = 0;
      for (auto const& [r, pixels] : rows) {
        for (std::int64_t k = pixels.first; k < pixels.last; ++k, ++at) {
          alone.begin(centre, mean, sin_radius, 1e-3);
          alone.add(r, {k, k + 1});
          EXPECT_NEAR(together[at], alone.averages()[0], 1e-9)
              << "ring " << r << " pixel " << k << " at " << quarters << " quarters";
        }
      }
      EXPECT_EQ(at, together.size());
    }
  }
}

}  // namespace
}  // namespace setsz
