// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/profile_row.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// The sine of the angle to the centre from the cross product, then the table.
double slowly(SkyDirection const& centre, Vec3 const& direction, std::vector<float> const& table,
              double sin_radius) {
  Vec3 const& c = centre.outwards;
  Vec3 const normal{c.y * direction.z - c.z * direction.y, c.z * direction.x - c.x * direction.z,
                    c.x * direction.y - c.y * direction.x};
  double const place = norm(normal) / sin_radius * real(table.size() - 2);
  if (place >= real(table.size() - 2)) return 0;
  auto const i = static_cast<std::size_t>(place);
  return table[i] + (place - real(i)) * (table[i + 1] - table[i]);
}

TEST(ProfileRow, LooksUpWhatLiesAtTheSineOfTheAngle) {
  std::int64_t const nside = 32;
  RingGeometry const rings(nside);
  std::vector<float> table(258);
  for (std::size_t i = 0; i < 256; ++i) table[i] = single(1 / (1 + std::pow(real(i) / 50, 2)));
  ProfileRow profile;
  for (double const theta : {0.0, 0.01, 0.3, 0.9, 1.6, 3.0, std::numbers::pi}) {
    SkyDirection const centre({std::sin(theta), 0.1 * std::sin(theta), std::cos(theta)});
    for (double const sin_radius : {0.1, 0.4, 0.99}) {
      profile.begin(centre, table, sin_radius);
      for (std::int64_t ring = 1; ring <= rings.n_rings(); ++ring) {
        auto const circle = rings.circle(ring, {});
        Range const pixels = rings.pixels_near(ring, centre.phi, 0.8);
        rings.for_each_arc(ring, {}, pixels.first, pixels.last, [&](auto const& arc) {
          auto const n = static_cast<std::size_t>(arc.last - arc.first);
          std::vector<float> places(n + ProfileRow::padding);
          std::vector<double> values(n + ProfileRow::padding);
          ASSERT_TRUE(profile.place(seen_from(centre, circle, arc), places.data(), values.data()));
          profile.look_up(places.data(), static_cast<int>(n), values.data());
          for (std::size_t i = 0; i < n; ++i) {
            Vec3 const direction = arc.direction(circle, static_cast<std::int64_t>(i));
            if (dot(direction, centre.outwards) < 0.01) continue;  // no disc reaches there
            // The profile ends at a step: at its very edge it may be there or not.
            double const sine = std::sqrt(1 - std::pow(dot(direction, centre.outwards), 2));
            if (std::abs(sine / sin_radius - 1) < 1e-4) continue;
            ASSERT_NEAR(values[i], slowly(centre, direction, table, sin_radius), 1e-5)
                << "ring " << ring << " pixel " << arc.first << " + " << i << ", theta " << theta;
          }
        });
      }
    }
  }
}

}  // namespace
}  // namespace setsz
