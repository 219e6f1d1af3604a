// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/lightcone.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <tuple>

#include "pipeline/base/random.hpp"

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

using Triple = std::tuple<double, double, double>;

/// All images of a point, one lattice vector after the other.
std::multiset<Triple> images(double box, Vec3 const& observer, DistanceShell shell,
                             Vec3 const& position) {
  std::multiset<Triple> found;
  int const reach = static_cast<int>(shell.max / box) + 3;
  for (int i = -reach; i <= reach; ++i)
    for (int j = -reach; j <= reach; ++j)
      for (int k = -reach; k <= reach; ++k) {
        Vec3 const seen = position + (box * Vec3{double(i), double(j), double(k)} - observer);
        if (shell.contains(norm(seen))) found.insert({seen.x, seen.y, seen.z});
      }
  return found;
}

TEST(Tiling, VisitsEveryImageInTheShellOnce) {
  double const box = 100;
  Vec3 const observers[] = {{50, 50, 50}, {0, 0, 0}, {99.9, 3, 41}};
  DistanceShell const shells[] = {{0, 30}, {0, 250}, {120, 121}, {80, 310}};
  for (auto const& observer : observers) {
    for (auto const& shell : shells) {
      Tiling const tiling(box, observer, shell);
      std::int64_t visited = 0;
      for (std::uint64_t trial = 0; trial < 40; ++trial) {
        Random random(9, Purpose::test, trial);
        Vec3 position{box * random.uniform(), box * random.uniform(), box * random.uniform()};
        if (trial == 0) position = {0, 0, 0};  // on the corner of eight tiles
        if (trial == 1) position = {std::nextafter(box, 0.0), 1e-12, 50};
        std::multiset<Triple> found;
        tiling.for_each_replica(position, {0, tiling.n_boxes()}, [&](Vec3 const& seen) {
          found.insert({seen.x, seen.y, seen.z});
        });
        EXPECT_EQ(found, images(box, observer, shell, position));
        visited += std::ssize(found);
      }
      EXPECT_GE(tiling.n_boxes() * 40, visited);  // a box holds one image of a point
    }
  }
}

TEST(Tiling, HoldsAsManyReplicasAsTheShellHoldsBoxes) {
  DistanceShell const shell{300, 900};
  Tiling const tiling(100, {20, 70, 50}, shell);
  double count = 0;
  int const n = 300;
  for (std::uint64_t i = 0; i < n; ++i) {
    Random random(10, Purpose::test, i);
    tiling.for_each_replica(
        {100 * random.uniform(), 100 * random.uniform(), 100 * random.uniform()},
        {0, tiling.n_boxes()}, [&](Vec3 const&) { ++count; });
  }
  double const volume = 4 * 3.14159265358979 / 3 * (std::pow(9, 3) - std::pow(3, 3));
  EXPECT_NEAR(count / n / volume, 1, 0.005);
}

}  // namespace
}  // namespace setsz
