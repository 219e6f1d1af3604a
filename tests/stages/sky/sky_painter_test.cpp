// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_painter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/stages/sky/fill_profile.hpp"
#include "tests/stages/sky/sky_oracle.hpp"

namespace setsz {
namespace {

/// A lopsided cube of 16^3 voxels with structure at the voxel scale, empty beyond 2 R200.
SparseCube lopsided_cube() {
  std::int64_t const n = 32;
  double const edge = 5 * r200;
  std::vector<float> values;
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    auto const at = [&](std::int64_t k) {
      return (real(k % n) + 0.5 - 0.5 * real(n)) * edge / double(n);
    };
    Vec3 const p{at(i / n / n), at(i / n), at(i)};
    double const r = norm(p - Vec3{90, -60, 120}) / r200;
    double const bumps =
        1 + 0.5 * Random(7, Purpose::test, static_cast<std::uint64_t>(i)).uniform();
    values.push_back(norm(p) < 2 * r200 ? single(bumps * std::exp(-2 * r)) : 0.0F);
  }
  return SparseCube(values, n, edge);
}

struct Place {
  char const* name;
  double theta, phi;
  bool polar() const { return std::sin(theta) < 0.01; }
};
/// Poles, the meridian phi = 0, edges and corners of the twelve faces, and anywhere.
Place const places[] = {{"north pole", 0, 0},
                        {"beside the north pole", 1e-3, 4},
                        {"south pole", std::numbers::pi, 0},
                        {"phi = 0 at the equator", std::numbers::pi / 2, 0},
                        {"phi = 0 in the cap", 0.3, 1e-5},
                        {"corner of four faces", std::acos(2.0 / 3.0), std::numbers::pi / 4},
                        {"edge of a polar face", 0.5, std::numbers::pi / 2},
                        {"cap and equator", std::acos(-2.0 / 3.0), 1.0},
                        {"anywhere", 1.1, 2.3}};

Vec3 direction(double theta, double phi) {
  return {std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)};
}

/// A halo whose R200 is this many pixels.
SkyHalo halo_at(Place const& place, RingGeometry const& rings, double r200_per_pixel) {
  double const distance = r200 / (r200_per_pixel * rings.pixel_size());
  return {distance * direction(place.theta, place.phi), r200, 1e-8};
}

/// Cuts of a pixel that resolve a halo well.
std::int64_t refinement(double r200_per_pixel) {
  return r200_per_pixel < 0.05 ? 512 : r200_per_pixel < 0.2 ? 128 : r200_per_pixel < 1 ? 32 : 8;
}

class SumRule : public ::testing::TestWithParam<double> {};

TEST_P(SumRule, HoldsForACubeWithTrueLinesOfSight) {
  double const per_pixel = GetParam();
  RingGeometry const rings(per_pixel > 30 ? 1024 : 256);
  SparseCube const cube = lopsided_cube();
  RingMap map(rings, 1, rings.n_rings() + 1);
  SkyPainter painter(map);
  for (auto const& place : places) {
    SkyHalo const halo = halo_at(place, rings, per_pixel);
    if (!SkyPainter::is_outside(norm(halo.position), cube.reach)) continue;
    double expected = 0;  // every voxel in the middle of its own line of sight, cut finely
    for_each_part(cube, 4, [&](Vec3 const& offset, double pv) {
      expected += halo.weight * pv / norm2(halo.position + offset);
    });
    std::ranges::fill(map.values(), 0.0);
    auto const painted = painter.paint(cube, halo, Claims::on_cluster(r200, 0, {}));
    EXPECT_NEAR(sum_of(map.values()) / expected, 1, 1e-4) << place.name;
    EXPECT_NEAR(sum_of(map.values()) / painted.painted, 1, 1e-11) << place.name;
    EXPECT_EQ(painted.removed, 0);
    EXPECT_LT(painted.sampling_error.value_or(0), 0.003) << place.name;
  }
}

TEST_P(SumRule, HoldsForASphericalProfile) {
  double const per_pixel = GetParam();
  RingGeometry const rings(per_pixel > 30 ? 1024 : 256);
  RingMap map(rings, 1, rings.n_rings() + 1);
  SkyPainter painter(map);
  for (auto const& place : places) {
    SkyHalo const halo = halo_at(place, rings, per_pixel);
    double const distance = norm(halo.position);
    if (!SkyPainter::is_outside(distance, 4 * r200)) continue;
    // Shells and their mean 1/chi^2, by brute force.
    double expected = 0;
    int const n = 20000;
    for (int i = 0; i < n; ++i) {
      double const r = 4 * r200 * (i + 0.5) / n;
      double const dimming = std::log((distance + r) / (distance - r)) / (2 * r * distance);
      expected += halo.weight * 4 * std::numbers::pi * r * r * gnfw_profile(mass, r / r200) *
                  dimming * 4 * r200 / n;
    }
    std::ranges::fill(map.values(), 0.0);
    auto const painted = painter.paint(fill_family(), mass, halo, Claims::on_fill({}));
    EXPECT_NEAR(sum_of(map.values()) / expected, 1, 1e-5) << place.name;
    EXPECT_NEAR(sum_of(map.values()) / painted.painted, 1, 1e-11) << place.name;
    // At the poles the pixels' centres are not their centroids.
    EXPECT_LT(painted.sampling_error.value_or(0), place.polar() ? 0.008 : 0.003) << place.name;
  }
}

TEST_P(SumRule, SamplesWhatOthersLeaveNearlyAsWell) {
  double const per_pixel = GetParam();
  RingGeometry const rings(per_pixel > 30 ? 1024 : 256);
  RingMap map(rings, 1, rings.n_rings() + 1);
  SkyPainter painter(map);
  SparseCube const cube = lopsided_cube();
  std::vector<Neighbour> const neighbours = {{{1100, 300, -200}, 700, 3}};
  for (auto const& place : places) {
    SkyHalo const halo = halo_at(place, rings, per_pixel);
    if (!SkyPainter::is_outside(norm(halo.position), 4 * r200)) continue;
    auto const profile = painter.paint(fill_family(), mass, halo, Claims::on_fill(neighbours));
    EXPECT_LT(profile.sampling_error.value_or(0), 0.01) << place.name;
    auto const cluster = painter.paint(cube, halo, Claims::on_cluster(r200, 9, neighbours));
    EXPECT_LT(cluster.sampling_error.value_or(0), 0.003) << place.name;
  }
}
INSTANTIATE_TEST_SUITE_P(PixelsPerRadius, SumRule,
                         ::testing::Values(0.01, 0.05, 0.07, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0));

/// Largest difference to the oracle over the largest pixel, and the summed one over the sum.
struct Difference {
  double peak, sum;
};
Difference compare(std::span<double const> map, std::vector<double> const& oracle) {
  double peak = 0, worst = 0, sum = 0, total = 0;
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    worst = std::max(worst, std::abs(map[i] - oracle[i]));
    peak = std::max(peak, oracle[i]);
    sum += std::abs(map[i] - oracle[i]);
    total += oracle[i];
  }
  return {worst / peak, sum / total};
}

/// One place of every kind: a pole, phi = 0, a corner of faces.
Place const few_places[] = {places[0], places[3], places[5]};

TEST(SkyPainter, PaintsResolvedCubesLikeTheRaysOfTheOracle) {
  RingGeometry const rings(64);
  SparseCube const cube = lopsided_cube();
  auto const alone = Claims::on_cluster(r200, 0, {});
  for (auto const& place : few_places) {
    for (double const per_pixel : {0.7, 2.0, 6.0}) {
      SkyHalo const halo = halo_at(place, rings, per_pixel);
      RingMap map(rings, 1, rings.n_rings() + 1);
      SkyPainter(map).paint(cube, halo, alone);
      auto const oracle = oracle_cube_rays(64, cube, halo, alone, refinement(per_pixel), 120);
      auto const difference = compare(map.values(), oracle);
      EXPECT_LT(difference.peak, 0.03) << place.name << ", " << per_pixel;
      EXPECT_LT(difference.sum, 0.02) << place.name << ", " << per_pixel;
    }
  }
}

/// A cluster as networks give it: 64^3 voxels, peaked, empty beyond 2 R200.
SparseCube peaked_cube() {
  std::int64_t const n = 64;
  std::vector<float> values;
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    auto const at = [&](std::int64_t k) {
      return (real(k % n) + 0.5 - 0.5 * real(n)) * 5 / real(n);
    };
    double const x = norm(Vec3{at(i / n / n), at(i / n), at(i)});
    values.push_back(x < 2 ? single(gnfw_profile(mass, x)) : 0.0F);
  }
  return SparseCube(values, n, 5 * r200);
}

TEST(SkyPainter, KeepsThePeaksOfCubes) {
  RingGeometry const rings(64);
  SparseCube const cube = peaked_cube();
  auto const alone = Claims::on_cluster(r200, 0, {});
  for (auto const& place : {places[8], Place{"elsewhere", 0.8, 4.1}}) {
    for (double const per_pixel : {1.0, 1.7, 3.0}) {
      SkyHalo const halo = halo_at(place, rings, per_pixel);
      RingMap map(rings, 1, rings.n_rings() + 1);
      SkyPainter(map).paint(cube, halo, alone);
      auto const oracle = oracle_cube(64, cube, halo, alone, 4);
      auto const peak = std::ranges::max_element(oracle) - oracle.begin();
      EXPECT_NEAR(map.values()[peak] / oracle[peak], 1, 0.005) << place.name << ", " << per_pixel;
      for (double const value : map.values()) ASSERT_GE(value, 0);
    }
  }
}

TEST(SkyPainter, PaintsUnresolvedCubesLikeTheVoxelByVoxelOracle) {
  RingGeometry const rings(64);
  SparseCube const cube = lopsided_cube();
  auto const alone = Claims::on_cluster(r200, 0, {});
  for (auto const& place : places) {
    for (double const per_pixel : {0.02, 0.1, 0.4}) {
      SkyHalo const halo = halo_at(place, rings, per_pixel);
      RingMap map(rings, 1, rings.n_rings() + 1);
      SkyPainter(map).paint(cube, halo, alone);
      auto const difference = compare(map.values(), oracle_cube(64, cube, halo, alone, 5));
      EXPECT_LT(difference.peak, 0.03) << place.name << ", " << per_pixel;
      EXPECT_LT(difference.sum, 0.03) << place.name << ", " << per_pixel;
    }
  }
}

TEST(SkyPainter, PaintsProfilesLikeTheOracle) {
  RingGeometry const rings(64);
  for (auto const& place : few_places) {
    for (double const per_pixel : {0.1, 0.6, 2.0, 6.0}) {
      SkyHalo const halo = halo_at(place, rings, per_pixel);
      if (!SkyPainter::is_outside(norm(halo.position), 4 * r200)) continue;
      RingMap map(rings, 1, rings.n_rings() + 1);
      SkyPainter(map).paint(fill_family(), mass, halo, Claims::on_fill({}));
      auto const oracle = oracle_profile(
          64, [&](double r) { return gnfw_profile(mass, r / r200); }, 4 * r200, halo,
          Claims::on_fill({}), refinement(per_pixel), 100);
      auto const difference = compare(map.values(), oracle);
      EXPECT_LT(difference.peak, 0.02) << place.name << ", " << per_pixel;
      EXPECT_LT(difference.sum, 0.02) << place.name << ", " << per_pixel;
    }
  }
}

TEST(SkyPainter, RefusesAHaloThatItsSamplesMiss) {
  // All pressure in a shell that falls between the pixels' centres: no picture of it is right.
  ProfileFamily const shell([](double, double x) { return x > 2.999 && x < 3 ? 1.0 : 0.0; }, 1000,
                            20000, 4);
  RingGeometry const rings(64);
  RingMap map(rings, 1, rings.n_rings() + 1);
  SkyHalo const halo = halo_at(places[8], rings, 4);
  EXPECT_TRUE(test::contains(
      test::error_of([&] { SkyPainter(map).paint(shell, mass, halo, Claims::on_fill({})); }),
      "70 the samples of a halo hold"));
  EXPECT_EQ(sum_of(map.values()), 0);
}

TEST(SkyPainter, ARoughHaloKeepsItsSum) {
  RingGeometry const rings(64);
  SkyHalo const halo = halo_at(places[8], rings, 4);
  double roughest = 0;
  for (double const inner : {2.9, 2.97, 2.99, 2.995}) {
    ProfileFamily const shell([&](double, double x) { return x > inner && x < 3 ? 1.0 : 0.0; },
                              1000, 20000, 4);
    RingMap map(rings, 1, rings.n_rings() + 1);
    Painted painted;
    auto const refused = test::error_of(
        [&] { painted = SkyPainter(map).paint(shell, mass, halo, Claims::on_fill({})); });
    if (refused != "no error") continue;
    double const known = painted.painted;
    EXPECT_NEAR(sum_of(map.values()), known, 1e-9 * known) << inner;
    roughest = std::max(roughest, painted.sampling_error.value_or(0));
  }
  EXPECT_GT(roughest, SkyPainter::usual_sampling_error) << "none is rough: nothing was tested";
}

TEST(SkyPainter, LeavesOutWhatBelongsToOtherHaloes) {
  RingGeometry const rings(64);
  std::vector<Neighbour> const neighbours = {{{1500, 300, -200}, 700, 3},
                                             {{-800, 900, 1900}, 500, 4}};
  auto const profile = [&](double r) { return gnfw_profile(mass, r / r200); };
  ProfileFamily const cluster_family(gnfw_profile, 1000, 20000, 2);
  for (bool const cluster : {false, true}) {
    auto const claims =
        cluster ? Claims::on_cluster(r200, 9, neighbours) : Claims::on_fill(neighbours);
    double const r_cut = (cluster ? 2 : 4) * r200;
    for (double const per_pixel : {0.03, 0.6, 4.0}) {
      SkyHalo const halo = halo_at(places[8], rings, per_pixel);
      RingMap map(rings, 1, rings.n_rings() + 1);
      auto const& family = cluster ? cluster_family : fill_family();
      auto const painted = SkyPainter(map).paint(family, mass, halo, claims);
      auto const oracle =
          oracle_profile(64, profile, r_cut, halo, claims, refinement(per_pixel), 120);
      auto const whole =
          oracle_profile(64, profile, r_cut, halo, Claims::on_fill({}), refinement(per_pixel), 120);
      EXPECT_GT(painted.removed, 0.01 * painted.painted);
      EXPECT_NEAR(sum_of(map.values()) / painted.painted, 1, 1e-11);
      double const tolerance = per_pixel < 0.06 ? 0.03 : 0.003;  // below: a few hundred points
      EXPECT_NEAR(painted.removed / (sum_of(whole) - sum_of(oracle)), 1, 3 * tolerance)
          << per_pixel;
      EXPECT_NEAR(painted.painted / sum_of(oracle), 1, tolerance) << per_pixel;
      EXPECT_LT(compare(map.values(), oracle).sum, per_pixel < 0.06 ? 0.05 : 0.015) << per_pixel;
    }
  }
}

/// Clusters around a halo, none of which swallows it.
std::vector<Neighbour> neighbours_around(std::uint64_t number, std::int64_t n, double cut) {
  Random random(21, Purpose::test, number);
  std::vector<Neighbour> all;
  while (std::ssize(all) < n) {
    double const size = r200 * (0.7 + 2 * random.uniform()), far = 2 * size + cut;
    Vec3 const offset =
        far * (2 * Vec3{random.uniform(), random.uniform(), random.uniform()} - Vec3{1, 1, 1});
    if (norm(offset) < far && norm(offset) > 2 * size - cut)
      all.push_back({offset, size, std::ssize(all)});
  }
  return all;
}

TEST(SkyPainter, LeavesOfAClaimedHaloWhatThePartitionLeaves) {
  RingGeometry const rings(64);
  RingMap map(rings, 1, rings.n_rings() + 1);
  SkyPainter painter(map);
  ProfileFamily const cluster_family(gnfw_profile, 1000, 20000, 2);
  for (std::uint64_t number = 0; number < 16; ++number) {
    bool const cluster = number % 6 == 5;
    double const cut = cluster ? 2 : 4;
    auto const neighbours =
        neighbours_around(number, 1 + static_cast<std::int64_t>(number) % 4, cut * r200);
    auto const claims =
        cluster ? Claims::on_cluster(r200, 9, neighbours) : Claims::on_fill(neighbours);
    for (double const per_pixel : {0.02, 0.5, 4.0}) {
      SkyHalo const halo = halo_at(places[8], rings, per_pixel);
      std::ranges::fill(map.values(), 0.0);
      auto const painted =
          painter.paint(cluster ? cluster_family : fill_family(), mass, halo, claims);
      auto const [whole, left] =
          left_by_points([](double x) { return gnfw_profile(mass, x); }, cut, halo, claims);
      EXPECT_NEAR(painted.painted, left, 1e-3 * left + 1e-5 * whole) << number << ", " << per_pixel;
      EXPECT_NEAR(painted.painted + painted.removed, whole, 3e-4 * whole);
      EXPECT_NEAR(sum_of(map.values()), painted.painted, 1e-10 * whole) << number;
    }
  }
}

TEST(SkyPainter, PaintsSkirtsAsThePartitionDividesThem) {
  auto const skirt = [](double, double x) { return x < 2 ? 0 : std::pow(x / 2, -4.5); };
  ProfileFamily const family(skirt, 1000, 20000, 4, 2);
  RingGeometry const rings(64);
  // Alone; beside a large cluster, a small one, an equal one; between several.
  std::vector<std::vector<Neighbour>> const surroundings = {
      {},
      {{{2800, 900, -500}, 1000, 1}},
      {{{1500, -900, 300}, 400, 1}},
      {{{0, 2100, 0}, r200, 1}},
      {{{2800, 900, -500}, 1000, 1}, {{-1500, -900, 300}, 400, 2}, {{100, 2000, 1200}, 590, 3}}};
  for (auto const& neighbours : surroundings) {
    auto const claims = Claims::on_cluster(r200, 9, neighbours, 4);
    for (double const per_pixel : {0.02, 0.3, 2.0, 6.0}) {
      SkyHalo const halo = halo_at(places[8], rings, per_pixel);
      RingMap map(rings, 1, rings.n_rings() + 1);
      auto const painted = SkyPainter(map).paint(family, mass, halo, claims);
      auto const [whole, left] =
          left_by_points([&](double x) { return skirt(mass, x); }, 4, halo, claims);
      EXPECT_NEAR(painted.painted, left, 2e-3 * whole) << neighbours.size() << ' ' << per_pixel;
      EXPECT_NEAR(painted.painted + painted.removed, whole, 1e-3 * whole);
      EXPECT_NEAR(sum_of(map.values()), painted.painted, 1e-10 * whole);
      if (per_pixel < 0.5) continue;
      // The sharp inner edge is as wide as the nodes of the tables.
      auto const oracle = oracle_profile(
          64, [&](double r) { return skirt(mass, r / r200); }, 4 * r200, halo, claims,
          refinement(per_pixel), 100);
      auto const difference = compare(map.values(), oracle);
      EXPECT_LT(difference.sum, 0.04) << neighbours.size() << ' ' << per_pixel;
    }
  }
}

TEST(SkyPainter, LeavesNothingOfASwallowedHalo) {
  RingGeometry const rings(64);
  RingMap map(rings, 1, rings.n_rings() + 1);
  SkyPainter painter(map);
  std::vector<Neighbour> const one = {{{900, -1500, 1100}, 2600, 0}};
  // Together only: two halves of space as near as spheres come to them.
  std::vector<Neighbour> const two = {{{30000, 0, 0}, 15300, 0}, {{-30000, 0, 0}, 15300, 1}};
  for (auto const& neighbours : {one, two}) {
    for (double const per_pixel : {0.02, 0.2, 0.7, 1.5, 6.0}) {
      SkyHalo const halo = halo_at(places[8], rings, per_pixel);
      auto const painted = painter.paint(fill_family(), mass, halo, Claims::on_fill(neighbours));
      EXPECT_EQ(painted.painted, 0);
      EXPECT_GT(painted.removed, 0);
      EXPECT_EQ(sum_of(map.values()), 0) << per_pixel;
    }
  }
}

/// Paints a halo with its weight, and with the opposite one: all must change its sign alone.
template <class Paint>
Painted expect_odd(RingGeometry const& rings, SkyHalo halo, Paint const& paint) {
  RingMap towards(rings, 1, rings.n_rings() + 1), away(rings, 1, rings.n_rings() + 1);
  Painted const plus = paint(SkyPainter(towards), halo);
  halo.weight = -halo.weight;
  Painted const minus = paint(SkyPainter(away), halo);
  EXPECT_EQ(minus.painted, -plus.painted);
  EXPECT_EQ(minus.removed, -plus.removed);
  EXPECT_EQ(minus.sampling_error, plus.sampling_error);
  EXPECT_TRUE(std::ranges::equal(away.values(), towards.values(), {}, {}, std::negate{}));
  return plus;
}

TEST(SkyPainter, PaintsRecedingHaloesAsTheNegativeOfApproachingOnes) {
  RingGeometry const rings(64);
  SparseCube const cube = lopsided_cube();
  struct Case {
    char const* name;
    std::vector<Neighbour> neighbours;
    bool is_cut;
  };
  std::vector<Case> const cases = {
      {"alone", {}, false},
      {"out of reach", {{{9000, 0, 0}, 700, 3}}, false},
      {"partly taken", {{{1500, 300, -200}, 700, 3}, {{-800, 900, 1900}, 500, 4}}, true},
      {"nearly all taken", {{{900, -1100, 900}, 1800, 3}}, true},
      {"swallowed", {{{900, -1500, 1100}, 2600, 0}}, true},
      {"swallowed by two", {{{30000, 0, 0}, 15300, 0}, {{-30000, 0, 0}, 15300, 1}}, true}};
  for (auto const& [name, neighbours, is_cut] : cases) {
    for (double const per_pixel : {0.02, 0.1, 0.6, 4.0}) {
      SCOPED_TRACE(testing::Message() << name << ", " << per_pixel);
      SkyHalo const halo = halo_at(places[8], rings, per_pixel);
      auto const profile = expect_odd(rings, halo, [&](SkyPainter painter, SkyHalo const& signed_) {
        return painter.paint(fill_family(), mass, signed_, Claims::on_fill(neighbours));
      });
      EXPECT_EQ(profile.removed > 1e-4 * profile.painted, is_cut);
      expect_odd(rings, halo, [&](SkyPainter painter, SkyHalo const& signed_) {
        return painter.paint(cube, signed_, Claims::on_cluster(r200, 9, neighbours));
      });
    }
  }
}

TEST(SkyPainter, RemovesTheSameWithAnyPixels) {
  SparseCube const cube = lopsided_cube();
  SkyHalo const halo{60000 * direction(1.1, 2.3), r200, 1e-8};
  for (std::uint64_t number = 0; number < 8; ++number) {
    auto const neighbours = neighbours_around(100 + number, 2, 4 * r200);
    std::vector<Neighbour> const near = {{{900, 500, -300}, 550, 3}};
    std::vector<double> of_profile, of_cube;
    for (std::int64_t const nside : {1, 16, 2048}) {
      RingGeometry const rings(nside);
      RingMap map(rings, 1, nside > 100 ? 2 : rings.n_rings() + 1);
      SkyPainter painter(map);
      of_profile.push_back(
          painter.paint(fill_family(), mass, halo, Claims::on_fill(neighbours)).removed);
      of_cube.push_back(painter.paint(cube, halo, Claims::on_cluster(r200, 9, near)).removed);
    }
    for (auto const* removed : {&of_profile, &of_cube})
      for (double const value : *removed) EXPECT_NEAR(value / removed->front(), 1, 1e-6) << number;
  }
}

TEST(SkyPainter, GivesTheSameBitsHoweverTheRingsAreCut) {
  RingGeometry const rings(64);
  SparseCube const cube = lopsided_cube();
  auto const paint_all = [&](RingMap& map) {
    SkyPainter painter(map);
    for (auto const& place : places) {
      for (double const per_pixel : {0.02, 0.5, 3.0, 12.0}) {
        SkyHalo const halo = halo_at(place, rings, per_pixel);
        if (!SkyPainter::is_outside(norm(halo.position), 4 * r200)) continue;
        painter.paint(cube, halo, Claims::on_cluster(r200, 0, {{{700, 0, 0}, 300, 1}}));
        painter.paint(fill_family(), mass, halo, Claims::on_fill({}));
        painter.paint(fill_family(), mass, halo, Claims::on_fill({{{1700, 0, 0}, 500, 1}}));
      }
    }
  };
  RingMap whole(rings, 1, rings.n_rings() + 1);
  paint_all(whole);
  for (int const ranks : {2, 3, 7}) {
    auto const boundaries = SkyGrid(rings).boundaries(ranks);
    for (std::size_t rank = 0; rank + 1 < boundaries.size(); ++rank) {
      RingMap part(rings, boundaries[rank], boundaries[rank + 1]);
      paint_all(part);
      auto const same = whole.values().subspan(rings.first_pixel(boundaries[rank]));
      for (std::size_t p = 0; p < part.values().size(); ++p) ASSERT_EQ(part.values()[p], same[p]);
    }
  }
}

}  // namespace
}  // namespace setsz
