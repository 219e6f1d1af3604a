// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/smooth_shells.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

using Shells = std::array<Vec3, n_radial_shells>;

Cluster test_cluster() {
  Cluster cluster;
  cluster.m200c = 300, cluster.r200c = 500;
  return cluster;
}

KeptParticle at(Vec3 const& q) {
  return {{0, 0}, {single(500 * q.x), single(500 * q.y), single(500 * q.z)}, {0, 0, 0}, 0.5F};
}

Vec3 normal(Random& random) { return {random.normal(), random.normal(), random.normal()}; }

/// A halo that is its own point reflection; positions in R200.
std::vector<KeptParticle> symmetric_halo(std::int64_t n_pairs) {
  Random random(5, Purpose::test);
  std::vector<KeptParticle> particles;
  for (std::int64_t i = 0; i < n_pairs; ++i) {
    Vec3 const q = 1.2 * random.uniform() * unit(normal(random)) + 0.05 * normal(random);
    particles.push_back(at(q));
    particles.push_back(at(-q));
  }
  return particles;
}

void add_clump(std::vector<KeptParticle>& particles, Vec3 const& centre, int n) {
  Random random(6, Purpose::test);
  for (int i = 0; i < n; ++i) particles.push_back(at(centre + 0.05 * normal(random)));
}

/// As the header says it, pair by pair.
Shells slow_shells(std::vector<KeptParticle> const& particles) {
  std::vector<Vec3> q;
  for (auto const& p : particles)
    if (norm(p.position() / 500) < 2.5) q.push_back(p.position() / 500);
  std::vector<double> counts, sum(60), sum_of_inverse(60);
  Vec3 centre;
  for (int round = 0; round < 10; ++round) {
    Vec3 mean;
    double n = 0;
    for (auto const& x : q)
      if (norm(x - centre) < 1) mean += x, n += 1;
    centre = mean / n;
  }
  auto const thin = [&](Vec3 const& x) {
    return static_cast<std::size_t>(norm(x - centre) / 0.08);
  };
  for (auto const& x : q) {
    double count = 0;
    for (auto const& y : q) count += norm2(x - y) < 0.11 * 0.11;
    counts.push_back(count);
    sum[thin(x)] += 1;
    sum_of_inverse[thin(x)] += 1 / count;
  }
  Shells shells{};
  for (std::size_t i = 0; i < q.size(); ++i) {
    double const typical = sum[thin(q[i])] / sum_of_inverse[thin(q[i])];
    double const weight = std::min(1.0, 2 * typical / counts[i]);
    shells[static_cast<std::size_t>(norm(q[i]) / 0.25)] += weight * 0.5 / 300 * unit(q[i]);
  }
  return shells;
}

double length(Shells const& shells) {
  double sum = 0;
  for (auto const& shell : shells) sum += norm(shell);
  return sum;
}

TEST(SmoothShells, AreThoseOfALoopOverPairs) {
  auto particles = symmetric_halo(800);
  add_clump(particles, {0.6, 0.3, 0}, 120);
  add_clump(particles, {0, 0, 2.45}, 60);  // some of it lies outside
  auto const fast = smooth_shells(particles, test_cluster(), 0), slow = slow_shells(particles);
  EXPECT_GT(length(slow), 0.01);
  for (std::size_t b = 0; b < n_radial_shells; ++b) EXPECT_LT(norm(fast[b] - slow[b]), 1e-12) << b;
}

TEST(SmoothShells, SeeLittleOfAClumpAndAllOfAnOffset) {
  auto particles = symmetric_halo(2000);
  Cluster const cluster = test_cluster();
  EXPECT_LT(length(smooth_shells(particles, cluster, 0.5)), 1e-9);
  add_clump(particles, {0.6, 0.4, 0}, 200);
  double const whole_clump = 200 * 0.5 / 300;
  EXPECT_LT(length(smooth_shells(particles, cluster, 0.5)), 0.35 * whole_clump);
  auto shifted = symmetric_halo(2000);
  for (auto& p : shifted) p.q[0] += 50;
  Vec3 all{}, smooth{};
  for (auto const& p : shifted) all += 0.5 / 300 * unit(p.position());
  for (auto const& shell : smooth_shells(shifted, cluster, 0.5)) smooth += shell;
  EXPECT_GT(all.x, 0.1);
  EXPECT_GT(smooth.x, 0.8 * all.x);
}

TEST(SmoothShells, TurnAndMirrorWithTheCluster) {
  auto particles = symmetric_halo(1000);
  add_clump(particles, {0.6, 0.4, 0.1}, 100);
  add_clump(particles, {-0.2, 0.4, 0.9}, 50);
  Random random(7, Purpose::test);
  Mat3 const rotation = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
  Mat3 const mirror{{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, -1}}};
  auto const before = smooth_shells(particles, test_cluster(), 0.5);
  for (Mat3 const& turn : {rotation, mirror, mirror * rotation}) {
    auto turned = particles;
    for (auto& p : turned) {
      Vec3 const q = turn * p.position();
      p.q = {single(q.x), single(q.y), single(q.z)};
    }
    auto const after = smooth_shells(turned, test_cluster(), 0.5);
    // Rounded to float32, a few particles may cross a border.
    for (std::size_t b = 0; b < n_radial_shells; ++b)
      EXPECT_LT(norm(after[b] - turn * before[b]), 2e-3 * length(before)) << b;
  }
}

TEST(SmoothShells, OfALargeClusterAreThoseOfAFairSample) {
  auto particles = symmetric_halo(20000);  // of which every third is taken, with the clump
  add_clump(particles, {0.6, 0.4, 0}, 2000);
  std::vector<KeptParticle> sample;
  std::int64_t inside = 0;
  for (auto const& p : particles)
    if (norm(p.position() / 500) < 2.5 && inside++ % 3 == 0) sample.push_back(p);
  double const mass = 0.5 * static_cast<double>(inside) / static_cast<double>(sample.size());
  auto const of_all = smooth_shells(particles, test_cluster(), 0.5),
             of_sample = smooth_shells(sample, test_cluster(), mass);
  EXPECT_LT(sample.size(), 20000U);
  for (std::size_t b = 0; b < n_radial_shells; ++b)
    EXPECT_LT(norm(of_all[b] - of_sample[b]), 1e-9) << b;
}

TEST(SmoothShells, OfNoParticleOrOneAreFinite) {
  EXPECT_EQ(length(smooth_shells({}, test_cluster(), 0.5)), 0);
  std::vector<KeptParticle> const one{at({0.3, 0, 0})}, centre{at({})};
  EXPECT_NEAR(smooth_shells(one, test_cluster(), 0.5)[1].x, 0.5 / 300, 1e-15);
  EXPECT_EQ(length(smooth_shells(centre, test_cluster(), 0.5)), 0);
}

}  // namespace
}  // namespace setsz
