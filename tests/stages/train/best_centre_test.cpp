// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/best_centre.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/random.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {
namespace {

GnfwShape const profile{.p0 = 5, .xc = 0.4, .beta = 5};

std::vector<PressureSample> voxels_of(Vec3 const& centre, double noise) {
  CubeLattice const lattice{20, 5};
  Random random(3, Purpose::test);
  std::vector<PressureSample> voxels;
  lattice.each_within(2, [&](std::size_t voxel, std::size_t) {
    auto const v = static_cast<std::int64_t>(voxel);
    Vec3 const r = lattice.centre_r200(v / 400, v / 20 % 20, v % 20);
    double const p = gnfw(profile, norm(r - centre));
    voxels.push_back({r, p * (1 + noise * random.normal())});
  });
  return voxels;
}

TEST(BestCentre, FindsAPlantedOne) {
  for (Vec3 const& centre : {Vec3{0, 0, 0}, Vec3{0.07, -0.03, 0.11}, Vec3{-0.2, 0.25, 0.1}}) {
    EXPECT_LT(norm(best_centre(voxels_of(centre, 0), profile) - centre), 2e-3);
    EXPECT_LT(norm(best_centre(voxels_of(centre, 0.05), profile) - centre), 0.015);
  }
}

TEST(BestCentre, NeverFitsWorseThanNoShiftAndKeepsWithinReach) {
  auto const far = voxels_of({1.2, 0, 0}, 0);
  Vec3 const found = best_centre(far, profile);
  EXPECT_LE(norm(found), 0.45);
  double at_zero = 0, at_found = 0;
  for (auto const& [r, p] : far) {
    at_zero += std::pow(gnfw(profile, norm(r)) - p, 2);
    at_found += std::pow(gnfw(profile, norm(r - found)) - p, 2);
  }
  EXPECT_LE(at_found, at_zero);
}

}  // namespace
}  // namespace setsz
