// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/cluster_profile.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

Cluster test_cluster() {
  Cluster cluster;
  cluster.m200c = 300, cluster.r200c = 500, cluster.v200 = 700;
  return cluster;
}

KeptParticle at(Vec3 const& q, Vec3 const& v, double mass = 0.5) {
  auto const stored = [](Vec3 const& a) {
    return std::array{single(a.x), single(a.y), single(a.z)};
  };
  return {{0, 0}, stored(q), stored(v), single(mass)};
}

std::vector<KeptParticle> cloud() {
  std::vector<KeptParticle> particles;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    Random random(3, Purpose::test, i);
    auto const vector = [&](double scale) {
      return scale * Vec3{random.normal(), random.normal(), random.normal()};
    };
    Vec3 const q = vector(700 * random.uniform()) + Vec3{30, -10, 0};
    particles.push_back(at(q, vector(500) + Vec3{90, -40, 10 + 0.2 * q.x}, 0.5 + random.uniform()));
  }
  return particles;
}

bool is_within(KeptParticle const& p, double r200) { return norm(p.position()) < r200 * 500; }

/// By the definition: two passes, deviations from the mean.
double slow_dispersion(std::vector<KeptParticle> const& particles, double radius, double mass) {
  double n = 0, n2 = 0;
  Vec3 mean;
  for (auto const& p : particles) {
    if (!is_within(p, radius)) continue;
    n += mass_of(p, mass), n2 += std::pow(mass_of(p, mass), 2);
    mean += mass_of(p, mass) * p.velocity();
  }
  double sum = 0;
  for (auto const& p : particles)
    if (is_within(p, radius)) sum += mass_of(p, mass) * norm2(p.velocity() - mean / n);
  return sum / n / 3 / (1 - n2 / (n * n)) / (700. * 700);
}

TEST(ClusterProfile, IsTheSumsByTheirDefinition) {
  auto const particles = cloud();
  for (double const mass : {0.0, 0.25}) {
    auto const profile = cluster_profile(particles, test_cluster(), mass);
    for (std::size_t i = 0; i < mass_profile_radii.size(); ++i) {
      double sum = 0;
      for (auto const& p : particles)
        if (is_within(p, mass_profile_radii[i])) sum += mass_of(p, mass) / 300;
      EXPECT_NEAR(profile.mass[i], sum, 1e-12 * sum) << mass_profile_radii[i];
    }
    for (std::size_t i = 0; i < dispersion_profile_radii.size(); ++i) {
      double const expected = slow_dispersion(particles, dispersion_profile_radii[i], mass);
      EXPECT_NEAR(profile.dispersion[i], expected, 1e-12 * expected) << dispersion_profile_radii[i];
    }
    for (std::size_t b = 0; b < n_radial_shells; ++b) {
      Vec3 sum;
      for (auto const& p : particles)
        if (is_within(p, 0.25 * real(b + 1)) && !is_within(p, 0.25 * real(b)))
          sum += mass_of(p, mass) / 300 * unit(p.position());
      EXPECT_NEAR(norm(profile.shells[b] - sum), 0, 1e-13) << b;
    }
  }
}

TEST(ClusterProfile, OfEqualMassesHasTheDispersionOverOneLess) {
  // Two particles at +-v: the unbiased variance of {-v, v} is 2 v^2, a third of it in one
  // dimension.
  auto const profile = cluster_profile(
      std::vector{at({10, 0, 0}, {70, 0, 0}), at({-10, 0, 0}, {-70, 0, 0})}, test_cluster(), 0.5);
  for (double const value : profile.dispersion) EXPECT_NEAR(value, 2 * 0.01 / 3, 1e-15);
}

TEST(ClusterProfile, WithFewerThanTwoParticlesTakesTheDispersionOfTheNextRadius) {
  std::vector<KeptParticle> particles{at({50, 0, 0}, {700, 0, 0}), at({0, 200, 0}, {0, 700, 0}),
                                      at({0, 0, 900}, {0, 0, 0})};
  auto const profile = cluster_profile(particles, test_cluster(), 0.5);
  EXPECT_NEAR(profile.dispersion[1], 1.0 / 3, 1e-15);  // (v, 0, 0) and (0, v, 0)
  EXPECT_EQ(profile.dispersion[0], profile.dispersion[1]);
  EXPECT_NEAR(profile.dispersion[3], 2.0 / 9, 1e-15);  // and (0, 0, 0)
  particles.resize(1);
  for (double const value : cluster_profile(particles, test_cluster(), 0.5).dispersion)
    EXPECT_EQ(value, 0);
  for (double const value : cluster_profile({}, test_cluster(), 0.5).mass) EXPECT_EQ(value, 0);
}

TEST(ClusterProfile, GivesAParticleAtTheCentreNoDirection) {
  auto const profile = cluster_profile(
      std::vector{at({}, {}), at({0, 0, 1249}, {}), at({0, 0, 1250}, {})}, test_cluster(), 0.5);
  EXPECT_EQ(profile.shells.front(), Vec3{});
  // The last particle lies outside.
  EXPECT_NEAR(norm(profile.shells.back() - Vec3{0, 0, 0.5 / 300}), 0, 1e-15);
  EXPECT_DOUBLE_EQ(profile.mass.front(), 0.5 / 300);
  EXPECT_DOUBLE_EQ(profile.mass.back(), 1.0 / 300);
}

}  // namespace
}  // namespace setsz
