// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_painter.hpp"

#include <gtest/gtest.h>

#include <numeric>

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

double sum_of(SlabGrid const& grid) {
  return std::accumulate(grid.values().begin(), grid.values().end(), 0.0);
}

TEST(BoxPainter, KeepsTheSumOfPvAcrossTheEdgesOfTheBox) {
  SparseCube const cube = random_cube();
  ProfileFamily const family(profile, 1000, 10000, 4);
  for (std::int64_t const n : {8, 33, 64}) {
    for (Vec3 const& centre : {Vec3{0, 0, 0}, Vec3{19999, 100, 10000}, Vec3{5000, 7000, 9000}}) {
      SlabGrid grid(n, box, {0, n});
      BoxPainter painter(grid);
      auto const cluster = painter.paint(cube, centre, p200, Claims::on_cluster(r200, 0, {}));
      EXPECT_NEAR(cluster.painted / (p200 * cube.sum_pv()), 1, 1e-12);
      EXPECT_NEAR(sum_of(grid) / cluster.painted, 1, 1e-12);
      auto const halo = painter.paint(family, mass, r200, centre, p200, Claims::on_fill({}));
      EXPECT_NEAR(halo.painted / (p200 * r200 * r200 * r200 * family.volume_integral(mass)), 1,
                  1e-12);
      painter.paint_ball(centre, 900, 17.0);
      painter.paint_ball(centre, 10, 3.0);
      EXPECT_NEAR(sum_of(grid) / (cluster.painted + halo.painted + 20), 1, 1e-12);
    }
  }
}

TEST(BoxPainter, PutsAProfileWhereItsPressureIs) {
  ProfileFamily const family(profile, 1000, 10000, 4);
  SlabGrid grid(80, box, {0, 80});  // cells of 250 ckpc/h
  Vec3 const centre{10100, 9950, 10060};
  BoxPainter(grid).paint(family, mass, r200, centre, p200, Claims::on_fill({}));
  // The sum within spheres, against the profile's own.
  for (double const x : {1.0, 2.0, 3.0}) {
    double sum = 0;
    for (std::int64_t i = 0; i < 80; ++i)
      for (std::int64_t j = 0; j < 80; ++j)
        for (std::int64_t k = 0; k < 80; ++k) {
          Vec3 const cell{250 * (double(i) + 0.5), 250 * (double(j) + 0.5),
                          250 * (double(k) + 0.5)};
          if (norm(cell - centre) < x * r200) sum += grid.values()[(i * 80 + j) * 80 + k];
        }
    double const expected =
        p200 * r200 * r200 * r200 * gnfw_volume_integral(gnfw_shape({}, mass, 0.6774, 0), x);
    EXPECT_NEAR(sum / expected, 1, x < 1.5 ? 0.1 : 0.02) << x;  // cells at the rim, cloud in cell
  }
}

TEST(BoxPainter, RemovesWhatOthersClaimAndRecordsIt) {
  ProfileFamily const family(profile, 1000, 10000, 4);
  auto const claims = Claims::on_fill({{{1500, 0, 0}, 500, 0}});
  SlabGrid grid(64, box, {0, 64});
  auto const result = BoxPainter(grid).paint(family, mass, r200, {3000, 3000, 3000}, p200, claims);
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
  EXPECT_NEAR(sum_of(grid) / result.painted, 1, 1e-11);
}

TEST(BoxPainter, GivesTheSameBitsHoweverTheSlabsAreCut) {
  SparseCube const cube = random_cube();
  ProfileFamily const family(profile, 1000, 10000, 4);
  auto const paint_all = [&](SlabGrid& grid) {
    BoxPainter painter(grid);
    for (double const x : {100.0, 7000.0, 19900.0}) {
      Vec3 const centre{x, 500, 12000};
      painter.paint(cube, centre, p200, Claims::on_cluster(r200, 0, {{{600, 0, 0}, 300, 1}}));
      painter.paint(family, mass, r200, centre, p200, Claims::on_fill({}));
      painter.paint_ball(centre, 1500, 5.0);
    }
  };
  SlabGrid whole(30, box, {0, 30});
  paint_all(whole);
  for (Range const planes : {Range{0, 10}, Range{10, 17}, Range{17, 17}, Range{17, 30}}) {
    SlabGrid part(30, box, planes);
    paint_all(part);
    for (std::size_t i = 0; i < part.values().size(); ++i)
      ASSERT_EQ(part.values()[i], whole.values()[static_cast<std::size_t>(planes.first * 900) + i]);
  }
}

}  // namespace
}  // namespace setsz
