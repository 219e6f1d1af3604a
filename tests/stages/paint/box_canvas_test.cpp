// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_canvas.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

constexpr double box = 20000, r200 = 700, p200 = 0.3, mass = 8000;

double profile(double m, double x) { return gnfw(gnfw_shape({}, m, 0.6774, 0), x); }

SparseCube random_cube() {
  std::vector<float> values;
  std::int64_t const n = 16;
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    auto const at = [&](std::int64_t k) { return (real(k % n) - 7.5) * 5 / 16; };
    bool const in = norm(Vec3{at(i / n / n), at(i / n), at(i)}) < 2;
    double const value = Random(8, Purpose::test, static_cast<std::uint64_t>(i)).uniform();
    values.push_back(in ? single(value) : 0.0F);
  }
  return SparseCube(values, n, 5 * r200);
}

double sum_of(BoxCanvas const& canvas) {
  auto const values = canvas.grid().values();
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// All planes on one rank.
BoxCanvas whole_box(std::int64_t n) { return {{0, n}, 0, box}; }

HaloImage image_at(Vec3 const& centre) { return {.halo = {}, .seen = centre}; }
HaloGas gas_of(SparseCube const& cube, std::vector<Neighbour> neighbours = {}) {
  return {cube, Claims::on_cluster(r200, 0, std::move(neighbours))};
}
HaloGas gas_of(ProfileFamily const& family, std::vector<Neighbour> neighbours = {}) {
  return {ProfileGas{&family, mass, r200}, Claims::on_fill(std::move(neighbours))};
}

TEST(BoxCanvas, KeepsTheSumOfPvAcrossTheEdgesOfTheBox) {
  SparseCube const cube = random_cube();
  ProfileFamily const family(profile, 1000, 10000, 4);
  for (std::int64_t const n : {8, 33, 64}) {
    for (Vec3 const& centre : {Vec3{0, 0, 0}, Vec3{19999, 100, 10000}, Vec3{5000, 7000, 9000}}) {
      auto canvas = whole_box(n);
      auto const cluster = canvas.paint(gas_of(cube), image_at(centre), p200);
      EXPECT_NEAR(cluster.painted / (p200 * cube.sum_pv()), 1, 1e-12);
      EXPECT_NEAR(sum_of(canvas) / cluster.painted, 1, 1e-12);
      auto const halo = canvas.paint(gas_of(family), image_at(centre), p200);
      EXPECT_NEAR(halo.painted / (p200 * r200 * r200 * r200 * family.volume_integral(mass)), 1,
                  1e-12);
      canvas.paint_ball(centre, 900, 17.0);
      canvas.paint_ball(centre, 10, 3.0);
      EXPECT_NEAR(sum_of(canvas) / (cluster.painted + halo.painted + 20), 1, 1e-12);
    }
  }
}

TEST(BoxCanvas, TouchesThePlanesThatABallIsPutOnAndNoMore) {
  constexpr std::int64_t n = 20;
  constexpr double cell = box / n;
  for (std::uint64_t i = 0; i < 200; ++i) {
    Random random(i, Purpose::test);
    Vec3 const centre{i % 4 == 0 ? cell / 2 * real(i % 41) : box * random.uniform(),
                      box * random.uniform(), box * random.uniform()};
    double const radius = cell * (i % 3 == 0 ? 1e-3 : 3 * random.uniform());
    auto canvas = whole_box(n);
    canvas.paint_ball(centre, radius, 1);
    auto const touched = canvas.touched(centre, radius);
    double within = 0;
    for (auto plane = touched.first; plane < touched.last; ++plane) {
      auto const values = canvas.grid().plane((plane + n) % n);
      double const sum = std::accumulate(values.begin(), values.end(), 0.0);
      within += sum;
      // Only at the ends there may be nothing, where the ball ends between two planes.
      if (plane > touched.first && plane + 1 < touched.last) {
        EXPECT_GT(sum, 0) << i;
      }
    }
    EXPECT_NEAR(within, 1, 1e-12) << i;
    EXPECT_LE(real(touched.size()), 2 * radius / cell + 3) << i;
  }
}

TEST(BoxCanvas, PutsAProfileWhereItsPressureIs) {
  ProfileFamily const family(profile, 1000, 10000, 4);
  auto canvas = whole_box(80);  // cells of 250 ckpc/h
  Vec3 const centre{10100, 9950, 10060};
  canvas.paint(gas_of(family), image_at(centre), p200);
  // The sum within spheres, against the profile's own.
  for (double const x : {1.0, 2.0, 3.0}) {
    double sum = 0;
    for (std::int64_t i = 0; i < 80; ++i)
      for (std::int64_t j = 0; j < 80; ++j)
        for (std::int64_t k = 0; k < 80; ++k) {
          Vec3 const cell{250 * (double(i) + 0.5), 250 * (double(j) + 0.5),
                          250 * (double(k) + 0.5)};
          if (norm(cell - centre) < x * r200) sum += canvas.grid().values()[(i * 80 + j) * 80 + k];
        }
    double const expected =
        p200 * r200 * r200 * r200 * gnfw_volume_integral(gnfw_shape({}, mass, 0.6774, 0), x);
    EXPECT_NEAR(sum / expected, 1, x < 1.5 ? 0.1 : 0.02) << x;  // cells at the rim, cloud in cell
  }
}

TEST(BoxCanvas, RemovesWhatOthersClaimAndRecordsIt) {
  ProfileFamily const family(profile, 1000, 10000, 4);
  auto canvas = whole_box(64);
  auto const result =
      canvas.paint(gas_of(family, {{{1500, 0, 0}, 500, 0}}), image_at({3000, 3000, 3000}), p200);
  // The same by a fine lattice over the sphere that is taken.
  double taken = 0;
  int const n = 100;
  double const cell = 2000.0 / n;
  for (int i = 0; i < n * n * n; ++i) {
    auto const at = [&](int k) { return cell * (k % n + 0.5) - 1000; };
    Vec3 const p{1500 + at(i / n / n), at(i / n), at(i)};
    if (norm(p - Vec3{1500, 0, 0}) < 1000 && norm(p) < 4 * r200)
      taken += p200 * cell * cell * cell * profile(mass, norm(p) / r200);
  }
  EXPECT_NEAR(result.removed / taken, 1, 0.02);
  EXPECT_NEAR(sum_of(canvas) / result.painted, 1, 1e-11);
}

TEST(BoxCanvas, GivesTheSameBitsHoweverTheSlabsAreCut) {
  SparseCube const cube = random_cube();
  ProfileFamily const family(profile, 1000, 10000, 4);
  auto const paint_all = [&](BoxCanvas& canvas) {
    for (double const x : {100.0, 7000.0, 19900.0}) {
      Vec3 const centre{x, 500, 12000};
      canvas.paint(gas_of(cube, {{{600, 0, 0}, 300, 1}}), image_at(centre), p200);
      canvas.paint(gas_of(family), image_at(centre), p200);
      canvas.paint_ball(centre, 1500, 5.0);
    }
  };
  auto whole = whole_box(30);
  paint_all(whole);
  for (int rank = 0; rank < 4; ++rank) {
    BoxCanvas part({0, 10, 17, 17, 30}, rank, box);
    paint_all(part);
    auto const values = part.grid().values();
    auto const first = static_cast<std::size_t>(part.grid().planes().first * 900);
    for (std::size_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(values[i], whole.grid().values()[first + i]);
  }
}

TEST(BoxCanvas, SendsAHaloToEveryRankWhoseCellsItChanges) {
  ProfileFamily const family(profile, 1000, 10000, 4);
  std::vector<std::int64_t> const boundaries = {0, 10, 17, 17, 30};
  std::int64_t n_sent = 0, n_images = 0;
  for (double x = 0; x < box; x += 130) {
    std::vector<int> sent;
    auto const image = image_at({x, 500, 12000});
    for (int rank = 0; rank < 4; ++rank) {
      BoxCanvas part(boundaries, rank, box);
      if (rank == 0)
        part.for_each_rank(part.touched(image.seen, 4 * r200), [&](int to) { sent.push_back(to); });
      part.paint(gas_of(family), image, p200);
      bool const changed = sum_of(part) != 0;
      auto const n = std::count(sent.begin(), sent.end(), rank);
      EXPECT_LE(n, 1) << x;
      EXPECT_TRUE(n == 1 || !changed) << x;
    }
    EXPECT_EQ(std::count(sent.begin(), sent.end(), 2), 0);  // it has no planes
    n_sent += std::ssize(sent);
    ++n_images;
  }
  EXPECT_LT(n_sent, 2.5 * real(n_images));  // not simply to all three
}

}  // namespace
}  // namespace setsz
