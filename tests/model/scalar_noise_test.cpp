// SPDX-License-Identifier: BSD-3-Clause
#include "model/scalar_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace setsz {
namespace {

ClusterColumns const& columns = cluster_columns();
std::vector<double> all_scalars(double value) {
  return std::vector<double>(columns.scalars.size(), value);
}

std::vector<std::vector<double>> training_set() {
  std::vector<std::vector<double>> clusters;
  for (double const value : {1, 2, 2, 4, 7}) clusters.push_back(all_scalars(value));
  return clusters;
}

TEST(ScalarNoise, GapsSkipTiesAndEndsCopyTheirOtherSide) {
  ScalarNoise const noise(columns, training_set(), {});
  EXPECT_EQ(noise.gaps(0, 2), std::make_pair(1.0, 2.0));
  EXPECT_EQ(noise.gaps(0, 1), std::make_pair(1.0, 1.0));
  EXPECT_EQ(noise.gaps(0, 7), std::make_pair(3.0, 3.0));
  ScalarNoise const single(columns, {all_scalars(0)}, {});
  EXPECT_EQ(single.gaps(0, 0), std::make_pair(0.0, 0.0));
}

TEST(ScalarNoise, HasTheSpreadOfEquation6) {
  ScalarNoise const noise(columns, training_set(), {.scalars = 10, .log_mass = 3});
  double mass = 0, up = 0, down = 0;
  int const n = 4000;
  for (int epoch = 0; epoch < n; ++epoch) {
    ClusterInput cluster;
    cluster.scalars = all_scalars(2);
    noise.apply(cluster, 1, static_cast<std::uint64_t>(epoch), 0);
    mass += std::pow(cluster.scalars[0] - 2, 2);
    EXPECT_EQ(cluster.scalars[columns.scalar("ln_a")], 2);  // exact
    double const step = cluster.scalars[4] - 2;
    (step > 0 ? up : down) += step * step;
  }
  EXPECT_NEAR(mass / n, 9 * (4 + 1) / 2.0, 1.5);
  EXPECT_NEAR(up / n, 100 * 4 / 2.0, 15);
  EXPECT_NEAR(down / n, 100 * 1 / 2.0, 5);
}

TEST(ScalarNoise, IsAFunctionOfSeedEpochAndCluster) {
  ScalarNoise const noise(columns, training_set(), {.vector_angle_deg = 2});
  auto const draw = [&](std::uint64_t seed, std::uint64_t epoch, std::int64_t row) {
    ClusterInput cluster;
    cluster.scalars = all_scalars(2);
    cluster.vectors.assign(columns.vectors.size(), {0, 0, 1});
    noise.apply(cluster, seed, epoch, row);
    return cluster;
  };
  EXPECT_EQ(draw(1, 2, 3).scalars, draw(1, 2, 3).scalars);
  EXPECT_NE(draw(1, 2, 3).scalars, draw(2, 2, 3).scalars);
  EXPECT_NE(draw(1, 2, 3).scalars, draw(1, 3, 3).scalars);
  EXPECT_NE(draw(1, 2, 3).scalars, draw(1, 2, 4).scalars);
  auto const vector = draw(1, 2, 3).vectors[0];
  EXPECT_NEAR(norm(vector), 1, 1e-12);
  EXPECT_GT(vector.z, std::cos(0.2));
  EXPECT_LT(vector.z, 1);
}

}  // namespace
}  // namespace setsz
