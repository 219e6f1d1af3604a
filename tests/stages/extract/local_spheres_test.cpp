// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/local_spheres.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <numbers>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace {
std::atomic<long> allocations = 0;
}

// Every allocation of this program is counted. NOLINTBEGIN
__attribute__((noinline)) void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((noinline)) void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
// NOLINTEND

namespace setsz {
namespace {

constexpr double extraction_radius = 1500, local_radius = 186;  // 2.5 and 0.31 R200 [ckpc/h]

/// A cuspy cluster (density falling like r^-2) with the given number of particles.
ClusterParticles cluster(int n, std::uint64_t seed = 1) {
  ClusterParticles particles;
  for (int i = 0; i < n; ++i) {
    Random random(seed, Purpose::test, static_cast<std::uint64_t>(i));
    double const r = extraction_radius * random.uniform();
    double const cos_theta = 2 * random.uniform() - 1,
                 phi = 2 * std::numbers::pi * random.uniform();
    double const sin_theta = std::sqrt(1 - cos_theta * cos_theta);
    particles.x.push_back(single(r * sin_theta * std::cos(phi)));
    particles.y.push_back(single(r * sin_theta * std::sin(phi)));
    particles.z.push_back(single(r * cos_theta));
    for (auto* v : {&particles.vx, &particles.vy, &particles.vz})
      v->push_back(single(random.normal()));
  }
  return sorted_into_cells(particles, CellGrid::for_cluster(n, extraction_radius, local_radius));
}

/// The definition of inside, applied to every particle.
std::vector<std::int32_t> brute_force(ClusterParticles const& particles, Vec3 const& target,
                                      double radius) {
  auto const r = single(radius);
  FloatSphere const sphere{single(target.x), single(target.y), single(target.z), r * r};
  std::vector<std::int32_t> members;
  for (std::size_t i = 0; i < particles.x.size(); ++i)
    if (sphere.holds(particles.x[i], particles.y[i], particles.z[i]))
      members.push_back(static_cast<std::int32_t>(i));
  return members;
}

Vec3 random_target(std::uint64_t i, double reach) {
  Random random(7, Purpose::test, i);
  return {reach * (2 * random.uniform() - 1), reach * (2 * random.uniform() - 1),
          reach * (2 * random.uniform() - 1)};
}

class EveryKernel : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    if (GetParam() >= mask_kernels().size()) GTEST_SKIP() << "not on this machine";
  }
  MaskKernel kernel() const { return mask_kernels()[GetParam()]; }
};
INSTANTIATE_TEST_SUITE_P(Machine, EveryKernel, testing::Values(0, 1, 2));

TEST_P(EveryKernel, CountsAndMembersEqualBruteForce) {
  for (int const n : {1, 7, 9, 1000, 30000}) {
    auto const particles = cluster(n);
    for (double const radius : {20., local_radius, 700.}) {
      LocalSpheres spheres(particles, radius);
      spheres.use(kernel());
      std::vector<std::int32_t> indices;
      for (std::uint64_t i = 0; i < 60; ++i) {
        Vec3 const target = random_target(i, i % 3 == 0 ? 100 : 1800);
        auto const expected = brute_force(particles, target, radius);
        Random random(1, Purpose::test, i);
        ASSERT_EQ(spheres.count(target), std::ssize(expected));
        ASSERT_EQ(spheres.sample(target, n, random, indices), std::ssize(expected));
        std::sort(indices.begin(), indices.end());
        ASSERT_EQ(indices, expected) << n << " particles, radius " << radius;
      }
    }
  }
}

TEST_P(EveryKernel, SamplesAreDistinctMembers) {
  auto const particles = cluster(20000);
  LocalSpheres spheres(particles, local_radius);
  spheres.use(kernel());
  std::vector<std::int32_t> indices;
  for (std::uint64_t i = 0; i < 200; ++i) {
    Vec3 const target = random_target(i, 600);
    auto const members = brute_force(particles, target, local_radius);
    Random random(1, Purpose::test, i);
    spheres.sample(target, 64, random, indices);
    ASSERT_EQ(indices.size(), std::min(std::size_t{64}, members.size()));
    ASSERT_EQ(std::set(indices.begin(), indices.end()).size(), indices.size());
    ASSERT_TRUE(std::includes(members.begin(), members.end(), indices.begin(), indices.end()));
  }
}

TEST_P(EveryKernel, TellsAParticleOnTheSurfaceFromOneBelowIt) {
  // Distances of exactly the radius are outside; one float below it is inside. The cells' borders
  // meet the same surface.
  float const r = 128;
  ClusterParticles particles;
  for (float const x : {r, std::nextafter(r, 0.F), -r, std::nextafter(-r, 0.F)}) {
    for (int axis = 0; axis < 3; ++axis) {
      particles.x.push_back(axis == 0 ? x : 0);
      particles.y.push_back(axis == 1 ? x : 0);
      particles.z.push_back(axis == 2 ? x : 0);
    }
  }
  particles.vx = particles.vy = particles.vz = particles.x;
  for (CellGrid const grid :
       {CellGrid{8, 32}, CellGrid{16, 32}, CellGrid{5, 64}, CellGrid{1, 512}}) {
    auto const sorted = sorted_into_cells(particles, grid);
    LocalSpheres spheres(sorted, r);
    spheres.use(kernel());
    EXPECT_EQ(spheres.count({0, 0, 0}), 6);
  }
}

TEST(LocalSpheres, GiveTheSameSampleWithEveryKernel) {
  auto const particles = cluster(50000);
  LocalSpheres plain(particles, local_radius), best(particles, local_radius);
  plain.use(mask_kernels().front());
  std::vector<std::int32_t> a, b;
  for (std::uint64_t i = 0; i < 100; ++i) {
    Random random_a(3, Purpose::test, i), random_b(3, Purpose::test, i);
    ASSERT_EQ(plain.sample(random_target(i, 1000), 100, random_a, a),
              best.sample(random_target(i, 1000), 100, random_b, b));
    ASSERT_EQ(a, b);
  }
}

TEST(LocalSpheres, AllocateNothingOnceTheirBuffersHaveGrown) {
  auto const particles = cluster(50000);
  LocalSpheres const spheres(particles, local_radius);
  std::vector<std::int32_t> indices;
  auto const query = [&] {
    for (std::uint64_t i = 0; i < 300; ++i) {
      Random random(3, Purpose::test, i);
      spheres.sample(random_target(i, 1000), 100, random, indices);
    }
  };
  query();
  long const before = allocations;
  query();
  EXPECT_EQ(allocations, before);
  std::vector<int> const counted(10);
  EXPECT_EQ(allocations, before + 1);  // the counter works
}

TEST(LocalSpheres, AreEmptyFarFromTheCluster) {
  auto const particles = cluster(5000);
  LocalSpheres const spheres(particles, local_radius);
  std::vector<std::int32_t> indices{1, 2, 3};
  for (Vec3 const target :
       {Vec3{1e5, 0, 0}, {-1e5, 0, 0}, {0, 5e3, -1}, {0, 0, -1700}, {0, 0, 1e9}}) {
    Random random(1, Purpose::test);
    EXPECT_EQ(spheres.count(target), 0);
    EXPECT_EQ(spheres.sample(target, 10, random, indices), 0);
    EXPECT_TRUE(indices.empty());
  }
}

TEST(LocalSpheres, HoldAllParticlesIfTheyAreLargerThanTheCluster) {
  auto const particles = cluster(3000);
  LocalSpheres const spheres(particles, 5000);
  std::vector<std::int32_t> indices;
  Random random(1, Purpose::test);
  EXPECT_EQ(spheres.count({100, -200, 300}), 3000);
  EXPECT_EQ(spheres.sample({100, -200, 300}, 5000, random, indices), 3000);
  EXPECT_EQ(indices.size(), 3000U);
  EXPECT_EQ(spheres.count({3300, 0, 0}),
            static_cast<std::int64_t>(brute_force(particles, {3300, 0, 0}, 5000).size()));
}

TEST(LocalSpheres, OfNoParticlesAreEmpty) {
  ClusterParticles const none = sorted_into_cells({}, CellGrid::for_cluster(0, 1500, 186));
  LocalSpheres const spheres(none, 186);
  EXPECT_EQ(spheres.count({0, 0, 0}), 0);
}

TEST(LocalSpheres, RefuseARadiusOfZero) {
  auto const particles = cluster(10);
  EXPECT_THROW(LocalSpheres(particles, 0), Error);
  EXPECT_THROW(LocalSpheres(particles, std::nan("")), Error);
}

/// Probability above chi2 for `dof` degrees of freedom. \source Wilson & Hilferty (1931), PNAS 17
double chi2_sigmas(double chi2, double dof) {
  double const t = 2 / (9 * dof);
  return (std::cbrt(chi2 / dof) - (1 - t)) / std::sqrt(t);
}

TEST(LocalSpheres, DrawEveryMemberEquallyOften) {
  auto const particles = cluster(40000);
  LocalSpheres const spheres(particles, local_radius);
  std::vector<std::int32_t> indices;
  for (Vec3 const target : {Vec3{0, 0, 0}, {150, 80, -40}, {500, 300, 100}}) {
    auto const members = brute_force(particles, target, local_radius);
    for (std::int64_t const n : {1, 10, 40}) {
      if (static_cast<std::size_t>(n) >= members.size()) continue;
      constexpr int queries = 20000;
      std::vector<double> drawn(particles.x.size(), 0);
      for (std::uint64_t i = 0; i < queries; ++i) {
        Random random(11, Purpose::test, i, static_cast<std::uint64_t>(n));
        spheres.sample(target, n, random, indices);
        for (auto const k : indices) drawn[k] += 1;
      }
      // A member is in a sample with p = n / N; without replacement the counts of members are
      // correlated by -1 / (N - 1), for which the sum below is corrected.
      double const N = real(members.size()), p = real(n) / N;
      double chi2 = 0;
      for (auto const k : members)
        chi2 += std::pow(drawn[k] - queries * p, 2) / (queries * p * (1 - p));
      EXPECT_LT(std::abs(chi2_sigmas(chi2 * (N - 1) / N, N - 1)), 4.) << n << " of " << N;
    }
  }
}

TEST(LocalSpheres, DrawEveryPairEquallyOften) {
  auto const particles = cluster(3000);
  LocalSpheres const spheres(particles, local_radius);
  Vec3 const target{300, 200, 100};
  auto const members = brute_force(particles, target, local_radius);
  ASSERT_GT(members.size(), 10U);
  ASSERT_LT(members.size(), 100U);
  auto const rank = [&](std::int32_t k) {
    return static_cast<std::size_t>(std::lower_bound(members.begin(), members.end(), k) -
                                    members.begin());
  };
  constexpr int queries = 40000;
  constexpr std::int64_t n = 2;
  std::size_t const N = members.size();
  std::vector<double> drawn(N * N, 0);
  std::vector<std::int32_t> indices;
  for (std::uint64_t i = 0; i < queries; ++i) {
    Random random(12, Purpose::test, i);
    spheres.sample(target, n, random, indices);
    drawn[rank(indices[0]) * N + rank(indices[1])] += 1;
  }
  double const pairs = real(N * (N - 1)) / 2, expected = queries / pairs;
  double chi2 = 0;
  for (std::size_t a = 0; a < N; ++a)
    for (std::size_t b = a + 1; b < N; ++b)
      chi2 += std::pow(drawn[a * N + b] - expected, 2) / expected;
  EXPECT_LT(std::abs(chi2_sigmas(chi2, pairs - 1)), 4.);
}

}  // namespace
}  // namespace setsz
