// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/partition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ranges>

#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

Vec3 random_in(Random& random, double edge) {
  return {edge * random.uniform(), edge * random.uniform(), edge * random.uniform()};
}

TEST(Partition, GivesEveryPointToExactlyOneCluster) {
  double const box = 10000;
  PeriodicBox const periodic(box);
  Random random(3, Purpose::test);
  std::vector<Vec3> centres;
  std::vector<double> r200;
  for (int i = 0; i < 60; ++i) {
    centres.push_back(random_in(random, box));
    r200.push_back(200 + 500 * random.uniform());
  }
  centres.push_back(centres[7]);  // a tie, of the same size
  r200.push_back(r200[7]);
  NetworkSpheres const spheres(periodic, centres, r200);
  std::vector<Claims> on_cluster;
  for (std::size_t i = 0; i < centres.size(); ++i)
    on_cluster.push_back(
        Claims::on_cluster(r200[i], static_cast<std::int64_t>(i),
                           spheres.near(centres[i], 2 * r200[i], static_cast<std::int64_t>(i))));
  int inside = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    Vec3 const point = random_in(random, box);
    std::int64_t nearest = -1;
    double smallest = 2;
    int claimants = 0;
    for (std::size_t i = 0; i < centres.size(); ++i) {
      Vec3 const offset = periodic.offset(centres[i], point);
      double const ratio = norm(offset) / r200[i];
      if (ratio < smallest) smallest = ratio, nearest = static_cast<std::int64_t>(i);
      if (ratio < 2 && !on_cluster[i].taken(offset)) ++claimants;
    }
    EXPECT_EQ(claimants, nearest >= 0 ? 1 : 0);
    if (nearest >= 0) {
      std::size_t const owner = nearest;
      EXPECT_FALSE(on_cluster[owner].taken(periodic.offset(centres[owner], point)));
      ++inside;
    }
    // A halo of the fill at the same place gets nothing there.
    auto const fill = Claims::on_fill(spheres.near(point, 100));
    EXPECT_EQ(fill.taken({}), nearest >= 0);
    // Where clusters have skirts, nothing within these either.
    bool const in_skirt = std::ranges::any_of(
        std::views::iota(std::size_t{0}, r200.size()),
        [&](std::size_t i) { return norm(periodic.offset(centres[i], point)) < 4 * r200[i]; });
    EXPECT_EQ(Claims::on_fill(spheres.near(point, 100, -1, 4), 4).taken({}), in_skirt);
  }
  EXPECT_GT(inside, 1000);
}

TEST(Partition, DividesSkirtsByTheSmallestRatio) {
  double const box = 12000;
  PeriodicBox const periodic(box);
  Random random(5, Purpose::test);
  std::vector<Vec3> centres;
  std::vector<double> r200;
  for (int i = 0; i < 40; ++i) {
    centres.push_back(random_in(random, box));
    r200.push_back(150 + 400 * random.uniform());
  }
  centres.push_back(centres[3] + Vec3{100, 0, 0});  // a pair of equals
  r200.push_back(r200[3]);
  NetworkSpheres const spheres(periodic, centres, r200);
  std::vector<Claims> on_skirt;
  for (std::size_t i = 0; i < centres.size(); ++i) {
    auto const row = static_cast<std::int64_t>(i);
    on_skirt.push_back(
        Claims::on_cluster(r200[i], row, spheres.near(centres[i], 4 * r200[i], row, 4), 4));
  }
  int in_skirts = 0, in_several = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    Vec3 const point = random_in(random, box);
    std::size_t nearest = centres.size();
    double smallest = 4;
    int n_near = 0;
    for (std::size_t i = 0; i < centres.size(); ++i) {
      double const ratio = norm(periodic.offset(centres[i], point)) / r200[i];
      n_near += ratio < 4 ? 1 : 0;
      if (ratio < smallest) smallest = ratio, nearest = i;
    }
    for (std::size_t i = 0; i < centres.size(); ++i) {
      Vec3 const offset = periodic.offset(centres[i], point);
      if (norm(offset) >= 4 * r200[i]) continue;
      EXPECT_EQ(on_skirt[i].taken(offset), i != nearest);
      // As the neighbours' parts of shells have it.
      bool in_a_cap = false;
      for (auto const& other : on_skirt[i].neighbours()) {
        auto const cut = on_skirt[i].cut(other);
        double const r = norm(offset);
        in_a_cap = in_a_cap || dot(offset / r, cut.axis) > cut.near * r + cut.far / r;
      }
      EXPECT_EQ(in_a_cap, i != nearest);
    }
    in_skirts += nearest < centres.size() && smallest > 2 ? 1 : 0;
    in_several += smallest > 2 && n_near > 1 ? 1 : 0;
  }
  EXPECT_GT(in_skirts, 1000);
  EXPECT_GT(in_several, 300);
}

TEST(NetworkSpheres, FindsTheNeighboursThatALoopOverAllFinds) {
  for (double const box : {4000.0, 50000.0}) {
    PeriodicBox const periodic(box);
    Random random(4, Purpose::test);
    std::vector<Vec3> centres;
    std::vector<double> r200;
    for (int i = 0; i < 200; ++i) {
      centres.push_back(random_in(random, box));
      r200.push_back(50 + 200 * random.uniform());
    }
    NetworkSpheres const spheres(periodic, centres, r200);
    for (int trial = 0; trial < 200; ++trial) {
      Vec3 const centre = random_in(random, box);
      double const radius = 1200 * random.uniform();
      auto const found = spheres.near(centre, radius, 5);
      std::size_t next = 0;
      for (std::size_t i = 0; i < centres.size(); ++i) {
        Vec3 const offset = periodic.offset(centre, centres[i]);
        if (i == 5 || norm(offset) >= radius + 2 * r200[i]) continue;
        ASSERT_LT(next, found.size());
        EXPECT_EQ(found[next].row, static_cast<std::int64_t>(i));
        EXPECT_EQ(found[next].offset, offset);
        ++next;
      }
      EXPECT_EQ(next, found.size());
    }
  }
}

TEST(Claims, AlongALineAreWhatEveryPointOfTheLineSays) {
  for (std::uint64_t trial = 0; trial < 400; ++trial) {
    Random random(5, Purpose::test, trial);
    auto const sphere_of = [&](std::int64_t row) {
      return Neighbour{
          3000 * (Vec3{random.uniform(), random.uniform(), random.uniform()} - Vec3{0.5, 0.5, 0.5}),
          200 + 500 * random.uniform(), row};
    };
    std::vector<Neighbour> neighbours{sphere_of(1), sphere_of(2), sphere_of(3)};
    bool const cluster = trial % 2;
    double const own = trial % 5 == 1 ? neighbours[0].r200 : 600;  // equal radii: a plane
    auto const claims =
        cluster ? Claims::on_cluster(own, 2, neighbours) : Claims::on_fill(neighbours);
    Vec3 const direction = unit({random.normal(), random.normal(), random.normal()});
    Vec3 foot{400 * random.normal(), 400 * random.normal(), 400 * random.normal()};
    foot -= dot(foot, direction) * direction;
    double const cut = cluster ? 2 * own : 2400;
    if (norm(foot) >= cut) continue;
    double const reach = std::sqrt(cut * cut - norm2(foot));
    std::vector<LinePart> taken;
    claims.along(foot, direction, reach, taken);
    for (std::size_t i = 1; i < taken.size(); ++i) EXPECT_GT(taken[i].first, taken[i - 1].last);
    for (int i = 0; i < 500; ++i) {
      double const l = reach * (2 * (i + 0.5) / 500 - 1);
      bool in = false;
      double to_edge = 1e9;
      for (auto const& [first, last] : taken) {
        in = in || (l > first && l < last);
        to_edge = std::min({to_edge, std::abs(l - first), std::abs(l - last)});
      }
      if (to_edge > 1e-6) {
        EXPECT_EQ(in, claims.taken(foot + l * direction)) << trial << " " << l;
      }
    }
  }
}

TEST(Claims, TurnWithTheFrame) {
  Mat3 const turn = uniform_rotation(0.2, 0.6, 0.9);
  auto const claims = Claims::on_cluster(500, 0, {{{900, 100, 0}, 400, 1}});
  auto const turned = claims.rotated(turn);
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    Random random(6, Purpose::test, trial);
    Vec3 const point = random_in(random, 1200) - Vec3{300, 500, 500};
    EXPECT_EQ(claims.taken(point), turned.taken(turn * point));
  }
}

TEST(Claims, KnowOfABallWhatAllOfItsPointsSay) {
  int whole = 0, free = 0;
  for (std::uint64_t trial = 0; trial < 3000; ++trial) {
    Random random(9, Purpose::test, trial);
    std::vector<Neighbour> const neighbours = {{random_in(random, 1500), 400, 1},
                                               {-random_in(random, 1500), 300, 2}};
    auto const claims =
        trial % 2 ? Claims::on_cluster(500, 0, neighbours) : Claims::on_fill(neighbours);
    Vec3 const centre = random_in(random, 1200) - Vec3{600, 600, 600};
    double const radius = 100 * random.uniform();
    auto const all = claims.taken(centre, radius);
    if (!all) continue;
    ++(*all ? whole : free);
    for (int i = 0; i < 200; ++i) {
      Vec3 const point = centre + radius * random.uniform() *
                                      unit({random.normal(), random.normal(), random.normal()});
      EXPECT_EQ(claims.taken(point), *all);
    }
  }
  EXPECT_GT(whole, 100);
  EXPECT_GT(free, 100);
}

}  // namespace
}  // namespace setsz
