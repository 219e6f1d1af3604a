// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/training_cluster.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "model/modules/local.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

ClusterParticles some_particles(std::int64_t n, double radius) {
  Random random(4, Purpose::test);
  ClusterParticles particles;
  auto const add = [&](std::vector<float>& array, double x) { array.push_back(single(x)); };
  for (std::int64_t i = 0; i < n; ++i) {
    Vec3 q;
    do
      q = radius *
          Vec3{2 * random.uniform() - 1, 2 * random.uniform() - 1, 2 * random.uniform() - 1};
    while (norm(q) >= radius);
    add(particles.x, q.x), add(particles.y, q.y), add(particles.z, q.z);
    add(particles.vx, random.normal()), add(particles.vy, random.normal());
    add(particles.vz, real(i));  // tells who it is
  }
  return sorted_into_cells(particles, CellGrid::for_cluster(n, radius, 300));
}

TrainingCluster example() {
  std::int64_t const m = 12;
  std::vector<float> pressure(m * m * m);
  for (std::size_t i = 0; i < pressure.size(); ++i) pressure[i] = single(i);
  ClusterInput input;
  input.m200c = 1e4, input.r200c = 500, input.v200 = 500, input.p200 = 0.2;
  input.particle_mass = 4, input.mean_density = 8.6e-9;
  input.scalars.assign(NetworkOptions{}.columns().scalars.size(), 0.3);
  return TrainingCluster(7, some_particles(4000, 1500), input, {300, true},
                         {{m, 5}, pressure, GnfwShape{1, 1, 5}, TargetSampling::uniform});
}

DrawSizes const sizes{.targets = 100, .lanes = 3, .local_particles = 20, .cluster_particles = 300};

TEST(TrainingCluster, DrawsDistinctVoxelsWithTheirOwnPressure) {
  auto const cluster = example();
  std::set<float> seen;
  CubeLattice const lattice{12, 5};
  std::int64_t n = 0;
  for (auto const& lane : cluster.draw(sizes, 1, 0)) {
    EXPECT_EQ(lane.first_target, n);
    n += lane.size();
    EXPECT_DOUBLE_EQ(lane.share, 0.01);
    EXPECT_EQ(lane.scalars, lane.cluster.scalars);
    for (std::size_t t = 0; t < lane.position.size(); ++t) {
      EXPECT_LT(norm(lane.position[t]), 2);
      auto const voxel = static_cast<std::int64_t>(lane.truth[t]);
      EXPECT_EQ(lane.position[t], lattice.centre_r200(voxel / 144, voxel / 12 % 12, voxel % 12));
      EXPECT_TRUE(seen.insert(lane.truth[t]).second);
    }
  }
  EXPECT_EQ(n, 100);
}

TEST(TrainingCluster, WhatIsDrawnTakesNoMoreThanIsCounted) {
  auto const cluster = example();
  ModuleNeeds needs;
  for (DrawSizes const& some : {sizes, DrawSizes{.targets = 9, .lanes = 2}}) {
    std::vector<std::byte> drawn;
    for (auto const& lane : cluster.draw(some, 1, 0)) pack(lane, drawn);
    EXPECT_LE(real(drawn.size()), drawn_bytes(needs, some));
  }
  needs.target_columns = {"one", "two"};
  needs.density_cells = 3;
  EXPECT_DOUBLE_EQ(drawn_bytes(needs, sizes) - drawn_bytes({}, sizes), 4 * (2 * 100 + 27 * 3));
}

TEST(TrainingCluster, LocalParticlesLieInTheSphereAndCountsAreExact) {
  auto const cluster = example();
  auto const all = some_particles(4000, 1500);
  for (auto const& lane : cluster.draw(sizes, 1, 0))
    for (std::size_t t = 0; t < lane.position.size(); ++t) {
      Vec3 const target = 500 * lane.position[t];
      std::int64_t count = 0;
      Vec3 velocities;
      for (std::size_t i = 0; i < all.x.size(); ++i) {
        if (norm(Vec3{all.x[i], all.y[i], all.z[i]} - target) >= 300) continue;
        velocities += Vec3{all.vx[i], all.vy[i], all.vz[i]};
        ++count;
      }
      EXPECT_NEAR(real(lane.n_within[t]), real(count), 1);
      if (lane.n_within[t] == count) {
        EXPECT_LT(norm(lane.sphere_velocity[t] - velocities / real(count)), 1e-9);
      }
      auto const first = lane.first_particle[t], last = lane.first_particle[t + 1];
      EXPECT_EQ(last - first, std::min<std::int64_t>(20, lane.n_within[t]));
      std::set<float> names;
      for (auto i = first; i < last; ++i) {
        auto const& p = lane.local[i];
        EXPECT_LT(norm(Vec3{p.x, p.y, p.z} - target), 300.01);
        EXPECT_TRUE(names.insert(p.vz).second);
      }
    }
}

TEST(TrainingCluster, OriginSeesTheSphereOf2p5R200) {
  auto const cluster = example();  // its particles reach 3 R200
  for (std::int64_t const n : {300, 1500, 4000}) {
    auto const lanes = cluster.draw({.targets = 3, .lanes = 3, .cluster_particles = n}, 1, 0);
    std::set<float> names;
    for (auto const& p : lanes[0].cluster_particles) {
      EXPECT_LT(norm(Vec3{p.x, p.y, p.z}), 1250.01);
      EXPECT_TRUE(names.insert(p.vz).second);
    }
    std::int64_t const inside = static_cast<std::int64_t>(4000 * std::pow(2.5 / 3, 3));
    if (n < 2000)
      EXPECT_EQ(std::ssize(names), n);
    else
      EXPECT_NEAR(real(names.size()), real(inside), 120);
    EXPECT_EQ(lanes[0].cluster_particles.size(), lanes[2].cluster_particles.size());
    EXPECT_TRUE(lanes[0].local.empty());
  }
}

TEST(TrainingCluster, OriginDrawsEvenly) {
  auto const cluster = example();
  Vec3 mean;
  std::int64_t const draws = 40;
  for (std::uint64_t epoch = 0; epoch < draws; ++epoch) {
    auto const lanes =
        cluster.draw({.targets = 1, .cluster_particles = 1500}, 1, epoch);  // by going through
    for (auto const& p : lanes[0].cluster_particles) mean += Vec3{p.x, p.y, p.z} / (1500.0 * draws);
  }
  EXPECT_LT(norm(mean), 40);  // mean of all 2315 is within 20 of the centre
}

TEST(TrainingCluster, DrawsAreFunctionsOfSeedAndEpoch) {
  auto const cluster = example();
  auto const truth = [&](std::uint64_t seed, std::uint64_t epoch) {
    return cluster.draw(sizes, seed, epoch)[0].truth;
  };
  EXPECT_EQ(truth(1, 2), truth(1, 2));
  EXPECT_NE(truth(1, 2), truth(1, 3));
  EXPECT_NE(truth(1, 2), truth(2, 2));
}

TEST(TrainingCluster, GivesAllVoxelsWhereFewerThanWantedExist) {
  auto const cluster = example();
  std::int64_t n = 0;
  for (auto const& lane : cluster.draw({.targets = 100000, .local_particles = 1}, 1, 0))
    n += lane.size();
  EXPECT_EQ(n, cluster.n_voxels());
}

TEST(TrainingCluster, CountsWithoutParticlesAreTheSameCounts) {
  auto const cluster = example();
  auto counts_alone = sizes;
  counts_alone.local_particles = 0;
  auto const with = cluster.draw(sizes, 1, 0), without = cluster.draw(counts_alone, 1, 0);
  for (std::size_t lane = 0; lane < with.size(); ++lane) {
    EXPECT_EQ(without[lane].n_within, with[lane].n_within);
    EXPECT_EQ(without[lane].position, with[lane].position);
    EXPECT_TRUE(without[lane].local.empty());
    EXPECT_GT(*std::ranges::max_element(with[lane].n_within), 20);
  }
}

TEST(TrainingCluster, MomentsAreThoseOfTheSample) {
  auto const cluster = example();
  NetworkOptions network;  // of all modules: origin, local, aggregator measure in this order
  network.get<Local>().radius.value = 300;
  auto const moments = cluster.moments(network, sizes, 1);
  ASSERT_EQ(moments.size(), 6);
  auto const &origin_radius = moments[0], &local_radius = moments[2], &log_density = moments[4],
             &target_radius = moments[5];
  EXPECT_EQ(origin_radius.n, 300);
  EXPECT_EQ(target_radius.n, 100);
  EXPECT_GT(local_radius.affine().mean, 0.5);  // uniform density: 3/4
  EXPECT_LT(local_radius.affine().mean, 0.9);
  EXPECT_EQ(log_density.n, 100);
  // 4000 particles of 4e10 Msun/h uniform in 1500 ckpc/h, where the sphere lies inside
  double const density = 4000 * 4 / (4 * std::numbers::pi / 3 * std::pow(1500, 3));
  EXPECT_NEAR(log_density.affine().mean, std::log(density / 8.6e-9), 0.3);
}

}  // namespace
}  // namespace setsz
