// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/overdensity.hpp"

#include <gtest/gtest.h>

namespace setsz {
namespace {

TEST(Overdensity, IsThatOfTheDefinition) {
  Cosmology const cosmology;
  EXPECT_EQ(overdensity(MassDefinition::m200c, cosmology, 0.5), 200);
  EXPECT_EQ(overdensity(MassDefinition::m500c, cosmology, 0.5), 500);
  EXPECT_NEAR(overdensity(MassDefinition::m200m, cosmology, 0), 200 * 0.3089, 1e-9);
  // Bryan & Norman (1998): 18 pi^2 = 177.7 in an Einstein-de Sitter universe, about 102 today.
  EXPECT_NEAR(overdensity(MassDefinition::vir, {1, 0, 0.05, 0.7}, 0), 177.653, 1e-3);
  EXPECT_NEAR(overdensity(MassDefinition::vir, cosmology, 0), 102.4, 0.1);
}

TEST(RadiusOfMass, IsR200cOfTheHaloScales) {
  Cosmology const cosmology;
  for (double const z : {0.0, 0.5})
    EXPECT_NEAR(radius_of_mass(MassDefinition::m200c, cosmology, z, 5000) /
                    halo_scales(cosmology, z, 5000).r200c_ckpch,
                1, 1e-12);
  // docs/units.md: 5e13 Msun/h at z = 0.5 has R200c = 748.1 ckpc/h.
  EXPECT_NEAR(radius_of_mass(MassDefinition::m200c, cosmology, 0.5, 5000), 748.1, 0.1);
  EXPECT_LT(radius_of_mass(MassDefinition::m500c, cosmology, 0, 5000),
            radius_of_mass(MassDefinition::m200c, cosmology, 0, 5000));
}

}  // namespace
}  // namespace setsz
