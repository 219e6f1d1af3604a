// SPDX-License-Identifier: BSD-3-Clause
// A halo in a turned box: HEALPix has sixteen of the symmetries of a cube, so a map of the turned
// halo must be the map of the halo with its pixels exchanged.
#include <gtest/gtest.h>
#include <healpix_cxx/healpix_base.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "pipeline/base/number.hpp"
#include "stages/sky/sky_canvas.hpp"
#include "tests/stages/sky/fill_profile.hpp"

namespace setsz {
namespace {

constexpr std::int64_t nside = 64;

/// Cut by a neighbour, so that the profile has a shape, too.
Claims neighbour() { return Claims::on_fill({{{500, -700, 300}, 450, 3}}); }

HaloGas lopsided_cube() {
  std::int64_t const n = 16;
  double const edge = 5 * r200;
  std::vector<float> values;
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    auto const at = [&](std::int64_t k) { return (real(k % n) - 7.5) * edge / real(n); };
    Vec3 const p{at(i / n / n), at(i / n), at(i)};
    bool const inside = norm(p) < 2 * r200;
    values.push_back(inside ? single(std::exp(-norm(p - Vec3{300, -150, 250}) / r200)) : 0.0F);
  }
  return {SparseCube(values, n, edge), neighbour()};
}
HaloGas cut_profile() { return {ProfileGas{&fill_family(), mass, r200}, neighbour()}; }

std::vector<double> map_of(HaloGas const& gas, Vec3 const& seen) {
  SkyCanvas canvas(RingGeometry(nside), 0, 1);
  canvas.paint(gas, {{.r200 = r200, .reach = gas.reach()}, seen}, 1);
  auto const values = canvas.map().values();
  return {values.begin(), values.end()};
}

TEST(CubeSymmetry, HasFortyEightThatUndoThemselves) {
  std::set<std::pair<std::array<std::int8_t, 3>, std::array<std::int8_t, 3>>> all;
  for (std::uint64_t i = 0; i < CubeSymmetry::count; ++i) {
    auto const turn = CubeSymmetry::number(i);
    all.insert({turn.axis, turn.sign});
    Vec3 const v{1.25, -2.5, 7};
    EXPECT_EQ(turn.inverse() * (turn * v), v);
    EXPECT_EQ(turn * (turn.inverse() * v), v);
    EXPECT_EQ(turn.matrix() * v, turn * v);
    EXPECT_EQ(norm2(turn * v), norm2(v));
  }
  EXPECT_EQ(all.size(), 48U);
  EXPECT_EQ(CubeSymmetry::number(0), CubeSymmetry{});
}

/// The map of the turned halo, each pixel moved back to where it is without the turn.
std::vector<double> moved_back(std::vector<double> const& turned, CubeSymmetry const& turn) {
  T_Healpix_Base<int64> const healpix(nside, RING, SET_NSIDE);
  std::vector<double> moved;
  for (std::int64_t p = 0; p < std::ssize(turned); ++p) {
    vec3 const d = healpix.pix2vec(p);
    Vec3 const there = turn * Vec3{d.x, d.y, d.z};
    moved.push_back(turned[healpix.vec2pix(vec3(there.x, there.y, there.z))]);
  }
  return moved;
}

double largest_difference(std::vector<double> const& a, std::vector<double> const& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

void expect_turned_maps(HaloGas const& gas, double distance, double sum_tolerance) {
  Vec3 const seen = distance * unit({0.5, 0.3, 0.55});
  auto const map = map_of(gas, seen);
  double const largest = *std::ranges::max_element(map);
  double const sum = std::accumulate(map.begin(), map.end(), 0.0);
  int n_turns = 0;
  for (std::uint64_t i = 0; i < CubeSymmetry::count; ++i) {
    auto const turn = CubeSymmetry::number(i);
    if (turn.axis[2] != 2) continue;  // the axis of the map stays
    ++n_turns;
    auto const turned = map_of(gas.turned(turn), turn * seen);
    EXPECT_NEAR(std::accumulate(turned.begin(), turned.end(), 0.0) / sum, 1, sum_tolerance);
    EXPECT_LT(largest_difference(moved_back(turned, turn), map), 0.02 * largest)
        << "symmetry " << i << " at " << distance << " ckpc/h";
    EXPECT_GT(largest_difference(turned, map), i > 0 ? 0.2 * largest : -1);
  }
  EXPECT_EQ(n_turns, 16);
}

TEST(TurnedHalo, MakesTheMapOfTheCubeTurned) {
  for (double const distance : {4000.0, 20000.0, 300000.0})  // large, small, points
    expect_turned_maps(lopsided_cube(), distance, 1e-6);
}

TEST(TurnedHalo, TurnsWhatNeighboursTakeOfAProfile) {
  for (double const distance : {4000.0, 20000.0}) expect_turned_maps(cut_profile(), distance, 3e-3);
}

}  // namespace
}  // namespace setsz
