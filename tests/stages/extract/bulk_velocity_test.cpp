// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/bulk_velocity.hpp"

#include <gtest/gtest.h>

namespace setsz {
namespace {

std::vector<KeptParticle> const three{{{0, 0}, {1, 0, 0}, {100, 0, -30}, 2},
                                      {{0, 1}, {0, -2, 0}, {400, 60, 0}, 1},
                                      {{0, 2}, {0, 3, 4}, {9000, 9000, 9000}, 50}};

TEST(BulkVelocity, WeighsTheParticlesWithinTheRadiusByMass) {
  EXPECT_EQ(bulk_velocity(three, 5, 0), (Vec3{200, 20, -20}));  // the third lies on the sphere
  EXPECT_EQ(bulk_velocity(three, 5, 7), (Vec3{250, 30, -15}));
}

TEST(BulkVelocity, IsThatOfAllWhereNoneLiesWithin) {
  Vec3 const expected =
      (200.0 * Vec3{1, 0, -0.3} + Vec3{400, 60, 0} + 50.0 * Vec3{9000, 9000, 9000}) / 53;
  EXPECT_LT(norm(bulk_velocity(three, 0.5, 0) - expected), 1e-9);
}

TEST(BulkVelocity, IsZeroOnceItHasBeenSubtracted) {
  auto particles = three;
  subtract(particles, bulk_velocity(particles, 5, 0));
  EXPECT_EQ(bulk_velocity(particles, 5, 0), Vec3{});
  EXPECT_EQ(particles[0].v, (std::array{-100.0F, -20.0F, -10.0F}));
}

}  // namespace
}  // namespace setsz
