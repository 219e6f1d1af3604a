// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/lightcone.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace setsz {
namespace {

/// c/H0 integral dz/E(z), midpoint rule with fixed small steps [ckpc/h].
double distance_by_steps(Cosmology const& cosmology, double redshift) {
  int const n = 200000;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += 1 / cosmology.expansion(redshift * (i + 0.5) / n);
  return 2997924.58 * sum * redshift / n;
}

TEST(DistanceTable, InvertsTheIntegralOfTheExpansion) {
  for (Cosmology const& cosmology : {Cosmology{}, Cosmology{.omega_m = 1, .omega_l = 0}}) {
    DistanceTable const table(cosmology, 3);
    for (double const redshift : {1e-4, 0.01, 0.1, 0.3456, 1.0, 2.0, 3.0}) {
      double const found = table.redshift_at(distance_by_steps(cosmology, redshift));
      EXPECT_NEAR((1 + found) / (1 + redshift), 1, 2e-9) << redshift;
    }
    EXPECT_EQ(table.redshift_at(0), 0);
  }
}

TEST(DistanceTable, AgreesWithAFormulaWhereThereIsOne) {
  // Einstein-de Sitter: chi = 2 c/H0 (1 - 1/sqrt(1 + z)).
  DistanceTable const table(Cosmology{.omega_m = 1, .omega_l = 0}, 2);
  for (double const z : {0.05, 0.7, 1.9})
    EXPECT_NEAR(table.redshift_at(2 * 2997924.58 * (1 - 1 / std::sqrt(1 + z))), z, 1e-8);
}

}  // namespace
}  // namespace setsz
