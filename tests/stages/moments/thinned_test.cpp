// SPDX-License-Identifier: BSD-3-Clause
// Fewer particles of more mass: what changes is shot noise, and no more of it than theory says.
#include <gtest/gtest.h>

#include <cmath>

#include "random_cluster.hpp"
#include "stages/moments/cluster_moments.hpp"
#include "stages/moments/gaussian_sums.hpp"
#include "stages/moments/tracers.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_particles = 20000;
constexpr double h = 0.3;

/// Sorted into cells, where the order of arrival stands for that of the hash. Velocities are
/// isotropic and normal with a dispersion of 1 V200^2 everywhere.
ClusterParticles isothermal_cluster(std::int64_t n) {
  ClusterParticles particles;
  for (std::int64_t i = 0; i < n; ++i) {
    Random random(11, Purpose::test, static_cast<std::uint64_t>(i));
    Vec3 const normal{random.normal(), random.normal(), random.normal()};
    Vec3 const v{random.normal(), random.normal(), random.normal()};
    Vec3 const q = 2.4 * random.uniform() * unit(normal);
    test::append(particles, q, v);
  }
  return sorted_into_cells(particles, CellGrid::for_cluster(n, 2.5 * test::r200_ckpch, 310));
}

Tracers tracers_of(ClusterParticles const& particles) {
  return tracers_within(particles, test::r200_ckpch, test::v200_kms, 2.5);
}

TEST(Thinned, TakesAnEvenPartOfEveryRunOfParticles) {
  Tracers all;
  for (int i = 0; i < 1000; ++i)
    for (auto* column : {&all.x, &all.y, &all.z, &all.vx, &all.vy, &all.vz}) column->push_back(i);
  for (std::int64_t const n : {1, 7, 300, 999}) {
    auto const some = thinned(all, n);
    ASSERT_EQ(some.size(), n);
    EXPECT_DOUBLE_EQ(some.weight * real(n), 1000);
    EXPECT_EQ(some.x, some.vz);
    for (std::size_t first = 0; first < 900; first += 37) {
      double const expected = 100 * real(n) / 1000;
      double taken = 0;
      for (double const x : some.x) taken += x >= real(first) && x < real(first) + 100;
      EXPECT_LE(std::abs(taken - expected), 1);
    }
  }
  EXPECT_EQ(thinned(all, 1000).size(), 1000);
  EXPECT_EQ(thinned(all, 5000).weight, 1);
}

TEST(Thinned, WeightsChangeByLessThanTheShotNoiseOfARandomSubsample) {
  auto const all = tracers_of(isothermal_cluster(n_particles));
  TargetRows const targets({12, 5});
  GaussianSums const full(targets, h, all);
  for (double const share : {0.5, 0.1}) {
    auto const some = thinned(all, std::llround(share * n_particles));
    GaussianSums const sums(targets, h, some);
    double chi2 = 0, bias = 0, n = 0;
    targets.each([&](TargetRows::Row const& row, std::int64_t target, Vec3 const&) {
      auto const truth = full.at(row, target), found = sums.at(row, target);
      double const variance = (1 / share - 1) * truth.weight2;
      chi2 += (found.weight - truth.weight) * (found.weight - truth.weight) / variance;
      bias += (found.weight - truth.weight) / std::sqrt(variance);
      n += 1;
    });
    EXPECT_LT(chi2 / n, 1.1) << share;  // that of a random subsample is 1
    EXPECT_GT(chi2 / n, 0.05) << share;
    EXPECT_LT(std::abs(bias / n), 0.2) << share;
  }
}

TEST(Thinned, HalfTheParticlesOfTwiceTheMassChangeColumnsByShotNoise) {
  auto const particles = isothermal_cluster(n_particles);
  ClusterParticles half;
  for (std::size_t i = 0; i < particles.x.size(); ++i) {
    if (hash64(3, i) % 2 == 0) continue;
    half.x.push_back(particles.x[i]), half.vx.push_back(particles.vx[i]);
    half.y.push_back(particles.y[i]), half.vy.push_back(particles.vy[i]);
    half.z.push_back(particles.z[i]), half.vz.push_back(particles.vz[i]);
  }
  MomentSettings const settings{.scales_r200 = {h}};
  MomentUnits units{test::r200_ckpch, test::v200_kms, 5000};
  TargetRows const targets({12, 5});
  auto const fine = cluster_moments(particles, units, targets, settings);
  units.n200 /= 2;
  auto const coarse = cluster_moments(half, units, targets, settings);
  GaussianSums const sums(targets, h, tracers_of(particles));
  double density = 0, dispersion = 0, dispersion_bias = 0, potential = 0, n = 0;
  targets.each([&](TargetRows::Row const& row, std::int64_t target, Vec3 const&) {
    auto const of = sums.at(row, target);
    double const shot2 = of.weight2 / (of.weight * of.weight);  // relative variance of the density
    std::size_t const at = 10 * target;
    auto const change = [&](std::size_t column) {
      return real(coarse[at + column]) / real(fine[at + column]) - 1;
    };
    density += change(1) * change(1) / shot2;
    // The variance of three components of n velocities has a relative variance of 2/(3 n); that of
    // half of them, about the variance of all, as much again.
    dispersion += change(2) * change(2) / (2.0 / 3 * shot2);
    dispersion_bias += change(2);
    potential += change(9) * change(9);
    n += 1;
  });
  EXPECT_NEAR(density / n, 1, 0.35);  // targets share particles: few are independent
  EXPECT_NEAR(dispersion / n, 1, 0.35);
  EXPECT_NEAR(dispersion_bias / n, 0, 0.02);
  EXPECT_LT(std::sqrt(potential / n), 3 / std::sqrt(real(n_particles)));
}

TEST(Thinned, TheDispersionOfFewParticlesHasNoBias) {
  MomentSettings const settings{.scales_r200 = {h}};
  MomentUnits const units{test::r200_ckpch, test::v200_kms, 100};
  TargetRows const targets({12, 5});
  for (std::int64_t const n : {150, 600}) {
    double sum = 0, weight = 0, count = 0;
    for (std::int64_t part = 0; part < 40; ++part) {
      ClusterParticles few;
      for (std::int64_t i = 0; i < n; ++i) {
        Random random(12, Purpose::test, static_cast<std::uint64_t>(part),
                      static_cast<std::uint64_t>(i));
        Vec3 const q{random.normal(), random.normal(), random.normal()};
        test::append(few, q, {random.normal(), random.normal(), random.normal()});
      }
      auto const moments = cluster_moments(few, units, targets, settings);
      GaussianSums const sums(targets, h, tracers_of(few));
      targets.each([&](TargetRows::Row const& row, std::int64_t target, Vec3 const&) {
        auto const of = sums.at(row, target);
        if (of.weight2 == 0 || of.weight * of.weight / of.weight2 < 2) return;
        sum += real(moments[10 * target + 2]);
        weight += of.weight;
        count += 1;
      });
    }
    EXPECT_LT(weight / count, n == 150 ? 3 : 10);  // few indeed
    EXPECT_NEAR(sum / count, 1, 0.02) << weight / count;
  }
}

TEST(Thinned, LargeClustersCostNoMoreThanTheirSubsample) {
  MomentSettings const settings;
  CubeLattice const lattice{64, 5};
  double const at_limit = moment_seconds(1e5, 1, lattice, settings);
  EXPECT_EQ(moment_seconds(1e7, 1, lattice, settings), at_limit);
  EXPECT_LT(moment_seconds(1e4, 1, lattice, settings), at_limit);
  EXPECT_EQ(settings.particles_of(0), 100'000);
  EXPECT_EQ(settings.particles_of(3), 16'667);
}

}  // namespace
}  // namespace setsz
