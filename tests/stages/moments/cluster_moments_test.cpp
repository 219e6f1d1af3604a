// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/cluster_moments.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <numeric>

#include "pipeline/base/random.hpp"
#include "random_cluster.hpp"
#include "stages/moments/gaussian_sums.hpp"

namespace setsz {
namespace {

using test::append;
using test::lopsided_cluster;

constexpr double n200 = 300;
MomentUnits const units{test::r200_ckpch, test::v200_kms, n200};

/// Two scales are enough, one of which reaches few particles.
MomentSettings settings_with(std::int64_t min_particles = 60) {
  return {.scales_r200 = {0.15, 0.5}, .min_particles = min_particles};
}

Vec3 position(ClusterParticles const& p, std::size_t i) {
  return Vec3{p.x[i], p.y[i], p.z[i]} / test::r200_ckpch;
}
Vec3 velocity(ClusterParticles const& p, std::size_t i) {
  return Vec3{p.vx[i], p.vy[i], p.vz[i]} / test::v200_kms;
}

/// The definition, pair by pair and in two passes. \return  the columns of a scale at a target
std::vector<double> slow_scale(ClusterParticles const& p, Vec3 const& x, double h, Vec3 const& cm) {
  double weight = 0, weight2 = 0;
  Vec3 mean_q, mean_v;
  auto const each = [&](auto const& visit) {
    for (std::size_t i = 0; i < p.x.size(); ++i) {
      Vec3 const q = position(p, i);
      if (norm(q) >= 2.5 || norm(x - q) > 3.2 * h) continue;
      visit(std::exp(-norm2(x - q) / (2 * h * h)), q, velocity(p, i));
    }
  };
  each([&](double w, Vec3 const& q, Vec3 const& v) {
    weight += w, weight2 += w * w, mean_q += w * q, mean_v += w * v;
  });
  if (weight == 0) return std::vector<double>(9, 0);
  mean_q *= 1 / weight, mean_v *= 1 / weight;
  double variance = 0;
  each([&](double w, Vec3 const&, Vec3 const& v) { variance += w * norm2(v - mean_v) / 3; });
  double const n = std::max(2.0, weight * weight / weight2);
  Vec3 const offset = (mean_q - x) / h;
  // A Gaussian holds the mass of a sphere of R200 and mean density at (2 pi)^1.5 h^3 = 4/3 pi.
  double const density = weight / n200 * (4.0 / 3 * std::numbers::pi) /
                         std::pow(std::sqrt(2 * std::numbers::pi) * h, 3);
  return {weight,
          density,
          variance / weight * n / (n - 1),
          norm2(mean_v),
          norm(offset),
          dot(offset, unit(x)),
          dot(offset, cm),
          dot(mean_v, unit(x)),
          dot(mean_v, cm)};
}

double slow_potential(ClusterParticles const& p, Vec3 const& x, double softening) {
  double sum = 0;
  for (std::size_t i = 0; i < p.x.size(); ++i)
    if (norm(position(p, i)) < 2.5)
      sum -= 1 / std::sqrt(norm2(x - position(p, i)) + softening * softening);
  return sum / n200;
}

Vec3 slow_cm(ClusterParticles const& p) {
  Vec3 sum;
  for (std::size_t i = 0; i < p.x.size(); ++i)
    if (norm(position(p, i)) < 2.5) sum += position(p, i);
  return unit(sum);
}

/// All columns of all targets against the definition.
void expect_definition(ClusterParticles const& p, CubeLattice const& lattice,
                       MomentSettings const& settings, double factor) {
  auto const found = cluster_moments(p, units, TargetRows(lattice), settings);
  auto next = found.begin();
  Vec3 const cm = slow_cm(p);
  std::int64_t const n = lattice.n;
  lattice.each_within(2, [&](std::int64_t voxel, std::int64_t) {
    Vec3 const x = lattice.centre_r200(voxel / (n * n), voxel / n % n, voxel % n);
    std::vector<double> expected;
    for (double const scale : settings.scales_r200) {
      auto const columns = slow_scale(p, x, factor * scale, cm);
      expected.insert(expected.end(), columns.begin(), columns.end());
    }
    expected.push_back(slow_potential(p, x, settings.softening_r200));
    for (std::size_t c = 0; c < expected.size(); ++c, ++next)
      ASSERT_NEAR(*next, expected[c], 1e-6 * std::abs(expected[c]) + 1e-12)
          << "voxel " << voxel << ", column " << moment_columns(settings)[c].name;
  });
  EXPECT_EQ(next, found.end());
}

TEST(ClusterMoments, AreSumsOverAllPairs) {
  auto const particles = lopsided_cluster(700);
  expect_definition(particles, {10, 5}, settings_with(), 1);
  expect_definition(particles, {9, 4.6}, settings_with(), 1);  // one voxel is at the centre
  expect_definition(particles, {7, 2}, settings_with(), 1);    // all voxels are targets
}

TEST(ClusterMoments, HaveTheSameBitsWithVectorsOfAnyLength) {
  Tracers tracers;
  tracers.weight = 1.7;
  for (std::uint64_t i = 0; i < 700; ++i) {  // more than a block
    Random random(5, Purpose::test, i);
    for (auto* column : {&tracers.x, &tracers.y, &tracers.z, &tracers.vx, &tracers.vy, &tracers.vz})
      column->push_back(random.normal());
  }
  for (std::int64_t const n_voxels : {5, 16, 21})
    for (double const h : {0.1, 0.6}) {
      TargetRows const targets(CubeLattice{n_voxels, 5});
      GaussianSums const expected(targets, h, tracers, 2);
      for (int const lanes : gaussian_lanes()) {
        GaussianSums const sums(targets, h, tracers, lanes);
        targets.each([&](TargetRows::Row const& row, std::int64_t target, Vec3 const&) {
          auto const a = sums.at(row, target), b = expected.at(row, target);
          EXPECT_TRUE(a.weight == b.weight && a.weight2 == b.weight2 &&
                      a.velocity2 == b.velocity2 && norm2(a.position - b.position) == 0 &&
                      norm2(a.velocity - b.velocity) == 0)
              << lanes << " lanes, target " << target << " of " << n_voxels;
        });
      }
    }
}

TEST(ClusterMoments, ScalesGrowWhereParticlesAreFew) {
  auto const settings = settings_with(8 * std::llround(n200));
  EXPECT_DOUBLE_EQ(settings.scale_factor(n200), 2);
  EXPECT_EQ(settings.scale_factor(1e6), 1);
  EXPECT_EQ(settings_with(0).scale_factor(1), 1);
  expect_definition(lopsided_cluster(300), {8, 5}, settings, 2);
}

std::map<std::string, double> columns_at(std::vector<float> const& moments, std::int64_t target,
                                         MomentSettings const& settings) {
  auto const columns = moment_columns(settings);
  std::map<std::string, double> by_name;
  for (std::size_t c = 0; c < columns.size(); ++c)
    by_name[columns[c].name] = real(moments[target * columns.size() + c]);
  return by_name;
}

TEST(ClusterMoments, OfOneParticleAreKnown) {
  ClusterParticles particles;
  append(particles, {0.5, 0, 0}, {0.3, 0.4, 0});
  MomentSettings const settings{.scales_r200 = {0.4}, .softening_r200 = 0.3};
  TargetRows const targets({2, 2});  // centres at (+-0.5, +-0.5, +-0.5)
  auto const moments = cluster_moments(particles, units, targets, settings);
  auto const near = columns_at(moments, 7, settings), far = columns_at(moments, 0, settings);
  double const weight = std::exp(-0.5 / (2 * 0.16));  // at a distance of sqrt(0.5)
  EXPECT_NEAR(near.at("weight_1"), weight, 1e-7);
  EXPECT_NEAR(near.at("dispersion_1"), 0, 1e-7);
  EXPECT_NEAR(near.at("bulk_1"), 0.25, 1e-7);
  EXPECT_NEAR(near.at("offset_1"), std::sqrt(0.5) / 0.4, 1e-6);
  // The particle lies inward of the target: offset (0, -0.5, -0.5), direction (1, 1, 1)/sqrt(3).
  EXPECT_NEAR(near.at("offset_radial_1"), -1 / std::sqrt(3.0) / 0.4, 1e-6);
  EXPECT_NEAR(near.at("offset_cm_1"), 0, 1e-6);
  EXPECT_NEAR(near.at("bulk_radial_1"), 0.7 / std::sqrt(3.0), 1e-7);
  EXPECT_NEAR(near.at("bulk_cm_1"), 0.3, 1e-7);
  EXPECT_NEAR(near.at("potential"), -1 / std::sqrt(0.5 + 0.09) / n200, 1e-8);
  // Target (-0.5, -0.5, -0.5) at sqrt(1.5) = 1.22 < 3.2 h: still within reach, on the other side.
  EXPECT_NEAR(far.at("weight_1"), std::exp(-1.5 / (2 * 0.16)), 1e-7);
  EXPECT_NEAR(far.at("offset_cm_1"), 1 / 0.4, 1e-6);
  EXPECT_LT(far.at("bulk_radial_1"), 0);
}

TEST(ClusterMoments, AreZeroWithoutParticlesInReach) {
  ClusterParticles particles;
  append(particles, {0.5, 0.5, 0.5}, {1, 1, 1});
  MomentSettings const settings{.scales_r200 = {0.1}};
  TargetRows const targets({2, 2});
  auto const moments = cluster_moments(particles, units, targets, settings);
  for (auto const& [name, value] : columns_at(moments, 0, settings)) {
    if (name == "potential")
      EXPECT_LT(value, 0);
    else
      EXPECT_EQ(value, 0) << name;
  }
  ClusterParticles const none;
  for (float const value : cluster_moments(none, units, targets, settings)) EXPECT_EQ(value, 0);
}

TEST(ClusterMoments, DensityIntegratesToTheMass) {
  ClusterParticles particles;
  for (int i = 0; i < 500; ++i) {
    Random random(2, Purpose::test, static_cast<std::uint64_t>(i));
    append(particles, 0.2 * Vec3{random.normal(), random.normal(), random.normal()}, {});
  }
  MomentSettings const settings{.scales_r200 = {0.3}};
  CubeLattice const lattice{40, 4};
  auto const moments = cluster_moments(particles, units, TargetRows(lattice), settings);
  double mass = 0;
  for (std::size_t i = 1; i < moments.size(); i += 10) mass += real(moments[i]);
  mass *= std::pow(lattice.voxel_r200(), 3) / (4.0 / 3 * std::numbers::pi);
  // Part of a Gaussian in three dimensions within 3.2 h.
  double const within = std::erf(3.2 / std::sqrt(2.0)) -
                        std::sqrt(2 / std::numbers::pi) * 3.2 * std::exp(-3.2 * 3.2 / 2);
  EXPECT_NEAR(mass, 500 / n200 * within, 1e-3 * 500 / n200);
}

/// Moves every particle, and compares each target with the one that `image` says.
void expect_same_after(std::function<Vec3(Vec3)> const& move, CubeLattice const& lattice) {
  auto const here = lopsided_cluster(600);
  ClusterParticles there;
  for (std::size_t i = 0; i < here.x.size(); ++i)
    append(there, move(position(here, i)), move(velocity(here, i)));
  auto const settings = settings_with();
  TargetRows const targets(lattice);
  auto const before = cluster_moments(here, units, targets, settings);
  auto const after = cluster_moments(there, units, targets, settings);
  std::map<std::tuple<double, double, double>, std::int64_t> target_at;
  targets.each([&](auto const&, std::int64_t target, Vec3 const& x) {
    target_at[{x.x, x.y, x.z}] = target;
  });
  auto const n_columns = moment_columns(settings).size();
  targets.each([&](auto const&, std::int64_t target, Vec3 const& x) {
    Vec3 const y = move(x);
    std::int64_t const image = target_at.at({y.x, y.y, y.z});
    for (std::size_t c = 0; c < n_columns; ++c) {
      double const value = real(before[target * n_columns + c]);
      ASSERT_NEAR(after[image * n_columns + c], value, 2e-6 * std::abs(value) + 1e-6)
          << moment_columns(settings)[c].name;
    }
  });
}

TEST(ClusterMoments, TurnAndMirrorWithTheCluster) {
  for (CubeLattice const& lattice : {CubeLattice{10, 5}, CubeLattice{7, 4.5}}) {
    expect_same_after([](Vec3 const& x) { return Vec3{-x.y, x.x, x.z}; }, lattice);
    expect_same_after([](Vec3 const& x) { return Vec3{x.z, x.x, x.y}; }, lattice);
    expect_same_after([](Vec3 const& x) { return Vec3{-x.x, x.y, x.z}; }, lattice);
    expect_same_after([](Vec3 const& x) { return -x; }, lattice);
  }
}

TEST(ClusterMoments, ReversedVelocitiesReverseTheirContractionsAlone) {
  auto particles = lopsided_cluster(400);
  auto const settings = settings_with();
  TargetRows const targets({8, 5});
  auto const before = cluster_moments(particles, units, targets, settings);
  for (auto* component : {&particles.vx, &particles.vy, &particles.vz})
    for (float& v : *component) v = -v;
  auto const after = cluster_moments(particles, units, targets, settings);
  auto const columns = moment_columns(settings);
  for (std::size_t i = 0; i < before.size(); ++i) {
    auto const& name = columns[i % columns.size()].name;
    float const sign = name.starts_with("bulk_r") || name.starts_with("bulk_c") ? -1.F : 1.F;
    ASSERT_EQ(after[i], sign * before[i]) << name;
  }
}

TEST(ClusterMoments, DependOnTheOrderOfParticlesByRoundingOnly) {
  auto const particles = lopsided_cluster(900);
  std::vector<std::int64_t> order(900);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Random random(8, Purpose::test, 0);
  shuffle(order, random);
  ClusterParticles shuffled;
  for (auto const i : order) append(shuffled, position(particles, i), velocity(particles, i));
  auto const settings = settings_with();
  TargetRows const targets({10, 5});
  auto const a = cluster_moments(particles, units, targets, settings);
  auto const b = cluster_moments(shuffled, units, targets, settings);
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_NEAR(a[i], b[i], 2e-6F * std::abs(a[i]) + 1e-6F);
}

TEST(ClusterMoments, MoveWithTheParticles) {
  auto const settings = settings_with();
  CubeLattice const lattice{10, 4};
  TargetRows const targets(lattice);
  ClusterParticles here, there;
  for (int i = 0; i < 200; ++i) {
    Random random(3, Purpose::test, static_cast<std::uint64_t>(i));
    Vec3 const q = 0.3 * Vec3{random.normal(), random.normal(), random.normal()};
    Vec3 const v{random.normal(), random.normal(), random.normal()};
    append(here, q, v);
    append(there, q + Vec3{lattice.voxel_r200(), 0, 0}, v);
  }
  auto const before = cluster_moments(here, units, targets, settings);
  auto const after = cluster_moments(there, units, targets, settings);
  auto const columns = moment_columns(settings);
  std::int64_t n_compared = 0;
  targets.each([&](auto const& row, std::int64_t target, Vec3 const& x) {
    if (x.x + lattice.voxel_r200() >= 1.4 || std::abs(x.y) > 1 || std::abs(x.z) > 1) return;
    // The same j and k, one plane further.
    std::int64_t const k = target - row.first + row.begin;
    auto const j = std::llround((x.y - targets.centre(0)) / lattice.voxel_r200());
    auto const i = std::llround((x.x - targets.centre(0)) / lattice.voxel_r200());
    auto const& next = targets.row(i + 1, j);
    std::int64_t const image = next.first + k - next.begin;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      auto const& name = columns[c].name;
      if (name.find("radial") != std::string::npos || name.find("cm") != std::string::npos)
        continue;
      double const value = real(before[target * columns.size() + c]);
      ASSERT_NEAR(after[image * columns.size() + c], value, 1e-5 * std::abs(value) + 1e-5) << name;
      ++n_compared;
    }
  });
  EXPECT_GT(n_compared, 1000);
}

}  // namespace
}  // namespace setsz
