// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/expected_spheres.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr double concentration = 5, r200 = 800;

double enclosed(double x) {
  return (std::log1p(concentration * x) - concentration * x / (1 + concentration * x)) /
         (std::log1p(concentration) - concentration / (1 + concentration));
}

/// Particles of an NFW profile, one within R200, in a sphere at the distance r: the sum over thin
/// shells around the centre, each with the part of it that is inside.
double counted(double r, double radius) {
  constexpr int n = 20000;
  double const end = r + radius;
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    double const low = end * i / n, high = end * (i + 1) / n, s = 0.5 * (low + high);
    double part = 1;  // of the shell, inside the sphere
    if (s > std::abs(radius - r))
      part = (radius * radius - (r - s) * (r - s)) / (4 * r * s);
    else if (s > radius - r)
      part = 0;
    sum += part * (enclosed(high) - enclosed(low));
  }
  return sum;
}

TEST(ExpectedSphere, IsThatOfAnNfwProfile) {
  double const particles = 5000;  // within R200
  ClusterTable table;
  table.clusters.edit().resize(2);
  for (auto& cluster : table.clusters.edit()) cluster.r200c = r200;
  std::vector<double> const counts(2, particles * enclosed(2.5));
  for (double const radius : {80.0, 310.0, 600.0}) {
    SampleSize const limits{.training = 20, .prediction = 1'000'000};
    auto const found = expected_sphere(
        table, counts, {.local_particles = limits, .local_radius = {.value = radius}});
    for (auto const phase : {Phase::training, Phase::prediction}) {
      auto const limit = limits.in(phase);
      constexpr int n = 200;
      double within = 0, drawn = 0, weights = 0;
      for (int i = 0; i < n; ++i) {
        double const x = (i + 0.5) / n;
        double const count = particles * counted(2 * x, radius / r200);
        weights += x * x;
        within += x * x * count;
        drawn += x * x * std::min(count, real(limit));
      }
      EXPECT_NEAR(found.within / (within / weights), 1, 0.03) << radius;
      EXPECT_NEAR(found.drawn(phase) / (drawn / weights), 1, 0.03)
          << radius << ", at most " << limit;
    }
  }
}

TEST(ExpectedSphere, OfNoClusterIsEmpty) {
  ModuleNeeds const needs{.local_particles = {10, 10}, .local_radius = {.value = 300}};
  EXPECT_EQ(expected_sphere({}, {}, needs).drawn(Phase::prediction), 0);
}

}  // namespace
}  // namespace setsz
