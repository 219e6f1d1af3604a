// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/point_pixels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

TEST(PointPixels, AreThoseOfOnePointAfterTheOther) {
  PointPixels pixels;
  for (auto const& rings : {RingGeometry(1), RingGeometry(8), RingGeometry(97), RingGeometry(8192),
                            RingGeometry(CarRings(720))}) {
    for (std::uint64_t trial = 0; trial < 200; ++trial) {
      Random random(16, Purpose::test, trial);
      // Anywhere; around the edges of the caps, the poles and the meridian of longitude 0.
      double const z = trial % 4 == 1 ? std::copysign(2.0 / 3, random.uniform() - 0.5)
                       : trial % 4 == 2
                           ? std::copysign(1 - 1e-5 * random.uniform(), random.uniform() - 0.5)
                           : 2 * random.uniform() - 1;
      double const phi = trial % 3 == 0 ? 1e-4 : 2 * std::numbers::pi * random.uniform();
      double const s = std::sqrt(1 - z * z), reach = 0.1 * std::pow(random.uniform(), 2);
      SkyDirection const centre({s * std::cos(phi), s * std::sin(phi), z});
      std::vector<double> x, y;
      while (x.size() < 233) {
        double const a = 2 * random.uniform() - 1, b = 2 * random.uniform() - 1;
        if (a * a + b * b > 1) continue;
        x.push_back(reach * a);
        y.push_back(reach * b);
      }
      pixels.find(rings, centre, x.data(), y.data(), x.size(), reach);
      for (std::size_t i = 0; i < x.size(); ++i) {
        double const toward = std::sqrt(1 - x[i] * x[i] - y[i] * y[i]);
        auto const alone = centre.pixel_at(rings, {x[i], y[i], toward});
        ASSERT_EQ(pixels[i].ring, alone.ring) << z << ' ' << phi << ' ' << reach;
        ASSERT_EQ(pixels[i].in_ring, alone.in_ring) << z << ' ' << phi << ' ' << reach;
      }
    }
  }
}

}  // namespace
}  // namespace setsz
