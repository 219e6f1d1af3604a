// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/joint_profile.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace setsz {
namespace {

constexpr double h = 0.7, pivot = h * 1e4;  // 1e14 Msun

GnfwParameters profile(double scale) {
  return {.A_P0 = 5 * scale, .A_xc = 2 / scale, .A_beta = 9 * scale, .core = 0.02 * scale};
}

TEST(JointProfile, OneFitStaysAsItIs) {
  std::vector<ProfileAt> const one{{profile(1.3), 0.5}};
  EXPECT_EQ(joint_profile(one), profile(1.3));
}

TEST(JointProfile, MeetsTwoRedshiftsExactly) {
  std::vector<ProfileAt> fits{{profile(1), 0}, {profile(1.4), 0.5}};
  fits[1].parameters.slope_P0 = 0.3;  // of the fit itself: it holds at its redshift
  auto const joint = joint_profile(fits);
  for (auto const& [own, redshift] : fits) {
    auto const expected = gnfw_shape(own, pivot, h, redshift);
    auto const found = gnfw_shape(joint, pivot, h, redshift);
    EXPECT_NEAR(found.p0, expected.p0, 1e-12 * expected.p0);
    EXPECT_NEAR(found.xc, expected.xc, 1e-12 * expected.xc);
    EXPECT_NEAR(found.beta, expected.beta, 1e-12 * expected.beta);
  }
  EXPECT_DOUBLE_EQ(joint.core, 0.024);
}

TEST(JointProfile, FindsThePowerOfMoreRedshifts) {
  std::vector<ProfileAt> fits;
  for (double const z : {0.0, 0.3, 1.0, 2.0}) {
    fits.push_back({{}, z});
    fits.back().parameters.A_P0 *= std::pow(1 + z, -0.6);
  }
  auto const joint = joint_profile(fits);
  EXPECT_NEAR(joint.slope_P0, -0.6, 1e-12);
  EXPECT_NEAR(joint.A_P0, GnfwParameters{}.A_P0, 1e-12);
  EXPECT_NEAR(joint.slope_xc, 0, 1e-12);
}

TEST(JointProfile, TwoFitsOfOneRedshiftHaveNoSlope) {
  std::vector<ProfileAt> const fits{{profile(1), 0.5}, {profile(4), 0.5}};
  auto const joint = joint_profile(fits);
  EXPECT_EQ(joint.slope_P0, 0);
  EXPECT_NEAR(joint.A_P0, 10, 1e-12);  // the geometric mean of 5 and 20
}

}  // namespace
}  // namespace setsz
