// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/profile_table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "pipeline/base/cosmology.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

TEST(ProfileTable, HasOneRowForEachName) {
  std::set<std::string_view> names;
  for (auto const& profile : profile_table()) {
    EXPECT_TRUE(names.insert(profile.name).second) << profile.name;
    EXPECT_EQ(published_profile(profile.name), &profile);
    EXPECT_FALSE(profile.source.empty());
  }
  EXPECT_EQ(published_profile("fit"), nullptr);
  EXPECT_EQ(published_profile("battaglia"), nullptr);
}

TEST(ProfileTable, HoldsThePublishedNumbersOfBattaglia2012) {
  // Table 1, AGN feedback, Delta = 200: {A, mass slope, z slope}; thermal to electron pressure by
  // (2 + 2 X_H)/(3 + 5 X_H) = 0.5177 for X_H = 0.76.
  Cosmology const cosmology;
  auto const& row = *published_profile("battaglia2012");
  for (double const mass_1e14msun : {0.3, 1.0, 12.0}) {
    for (double const z : {0.0, 0.5}) {
      auto const shape = row.shape(cosmology, z, mass_1e14msun * 1e4 * cosmology.h);
      auto const scaled = [&](double amplitude, double mass_slope, double redshift_slope) {
        return amplitude * std::pow(mass_1e14msun, mass_slope) * std::pow(1 + z, redshift_slope);
      };
      EXPECT_NEAR(shape.p0 / scaled(18.1 * 0.5177, 0.154, -0.758), 1, 1.1e-4);
      EXPECT_NEAR(shape.xc / scaled(0.497, -0.00865, 0.731), 1, 1e-12);
      EXPECT_NEAR(shape.beta / scaled(4.35, 0.0393, 0.415), 1, 1e-12);
      EXPECT_EQ(shape.gamma, -0.3);
      EXPECT_EQ(shape.alpha, 1);
      // P/P200 = P0 (x/xc)^gamma (1 + (x/xc)^alpha)^-beta; x is softened by 1e-6 (gnfw.hpp)
      double const y = (0.5 + published_gnfw_core) / shape.xc;
      EXPECT_NEAR(gnfw(shape, 0.5), shape.p0 * std::pow(y, -0.3) * std::pow(1 + y, -shape.beta),
                  1e-12);
    }
  }
}

TEST(ProfileTable, HasTheIntegratedPressureOfTheUniversalProfile) {
  // Spherically integrated, Arnaud et al. (2010), section 6: at z = 0, h = 0.7
  //   Y(<R500) = 2.925e-5 I(1) (M500 / 3e14 Msun)^1.78 Mpc^2, I(1) = 0.6145.
  // Battaglia's simulated clusters are another calibration of the same quantity.
  Cosmology const cosmology{.omega_m = 0.3, .omega_l = 0.7, .h = 0.7};
  for (auto const* name : {"arnaud2010", "battaglia2012"}) {
    auto const& row = *published_profile(name);
    double const m200 = 4.2e4 * cosmology.h;  // 4.2e14 Msun: M500 of about 3e14 Msun
    double const ratio = r500_over_r200(duffy_concentration(m200, 0));
    double const m500_msun = m200 * 2.5 * ratio * ratio * ratio * 1e10 / cosmology.h;
    auto const scales = halo_scales(cosmology, 0, m200);
    double const r200_mpc = scales.r200c_ckpch / 1000 / cosmology.h;
    // (sigma_T/m_e c^2) x pressure of one code unit over one physical kpc/h, at a = 1
    double const y_per_kpch = units::compton_y(scales.p200_code, 1, cosmology.h);
    double const integral = gnfw_volume_integral(row.shape(cosmology, 0, m200), ratio);
    double const y500_mpc2 = y_per_kpch * scales.r200c_ckpch * r200_mpc * r200_mpc * integral;
    double const published = 2.925e-5 * 0.6145 * std::pow(m500_msun / 3e14, 1.78);
    EXPECT_NEAR(y500_mpc2 / published, 1, name == std::string("arnaud2010") ? 0.02 : 0.2) << name;
  }
}

}  // namespace
}  // namespace setsz
