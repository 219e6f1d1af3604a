// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/profile_family.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

double profile(double mass, double x) { return gnfw(gnfw_shape({}, mass, 0.6774, 0), x); }

TEST(ProfileFamily, BlendsAgreeWithTheProfileItself) {
  ProfileFamily const family(profile, 100, 1e4, 4);
  std::vector<double> table(ProfileFamily::table_size);
  for (double const mass : {100.0, 104.9, 123.4, 5000.0, 9999.0, 1e4}) {
    GnfwShape const shape = gnfw_shape({}, mass, 0.6774, 0);
    EXPECT_NEAR(family.volume_integral(mass) / gnfw_volume_integral(shape, 4), 1, 1e-5) << mass;
    family.enclosed(mass, table);
    EXPECT_NEAR(table[256] / gnfw_volume_integral(shape, 1), 1, 1e-5) << mass;
    EXPECT_NEAR(table.back() / family.volume_integral(mass), 1, 1e-15);
    family.pressure(mass, table);
    EXPECT_NEAR(table[100] / gnfw(shape, 100 * 4.0 / 1024), 1, 1e-5);
    EXPECT_EQ(table[ProfileFamily::n_nodes], 0);
  }
}

TEST(ProfileFamily, ProjectionHoldsTheVolumeIntegral) {
  // 2 pi integral of y(b) b db = 4 pi integral of p r^2 dr, for the blend too.
  ProfileFamily const family(profile, 300, 5000, 2);
  std::vector<double> table(ProfileFamily::table_size);
  for (double const mass : {321.0, 4321.0}) {
    family.projected(mass, table);
    double sum = 0;
    double const step = 2.0 / ProfileFamily::n_nodes;
    for (int i = 0; i < ProfileFamily::n_nodes; ++i) {  // y linear between the nodes
      double const low = table[i];
      double const high = table[i + 1];
      double const b = step * i;
      sum += 2 * std::numbers::pi * step * (b * (low + high) / 2 + step * (low / 6 + high / 3));
    }
    EXPECT_NEAR(sum / family.volume_integral(mass), 1, 2e-4);
  }
}

TEST(ProfileFamily, ProjectsAKnownProfile) {
  // p = 1 - (x/c)^2: y(b) = (4/3) c (1 - (b/c)^2)^(3/2), volume 8 pi c^3/15.
  double const c = 3;
  ProfileFamily const family([&](double, double x) { return 1 - x * x / (c * c); }, 1, 2, c);
  std::vector<double> table(ProfileFamily::table_size);
  family.projected(1.5, table);
  for (std::size_t i : {0, 100, 500, 1000}) {
    double const b2 = std::pow(real(i) / ProfileFamily::n_nodes, 2);
    EXPECT_NEAR(table[i], 4.0 / 3 * c * std::pow(1 - b2, 1.5), 1e-9);
  }
  // 4 pi c^3 (1/(2k + 3) - 1/(2k + 5)), shells in their middles
  auto const moments = family.moments(1.5);
  for (std::size_t k = 0; k < ProfileFamily::n_moments; ++k) {
    double const k2 = 2 * real(k);
    EXPECT_NEAR(moments[k] / (4 * std::numbers::pi * c * c * c * (1 / (k2 + 3) - 1 / (k2 + 5))), 1,
                1e-5);
  }
  EXPECT_NEAR(family.volume_integral(1.5), 8 * std::numbers::pi * c * c * c / 15, 1e-9);
}

TEST(ProfileFamily, OfASkirtIsEmptyInside) {
  // p = (x/2)^-4 from 2 to 4: 4 pi integral x^2 p = 64 pi (1/2 - 1/4).
  ProfileFamily const family([](double, double x) { return 16 / (x * x * x * x); }, 1, 2, 4, 2);
  double const whole = 16 * std::numbers::pi;
  EXPECT_NEAR(family.volume_integral(1.5) / whole, 1, 1e-9);
  std::vector<double> table(ProfileFamily::table_size);
  family.enclosed(1.5, table);
  EXPECT_EQ(table[512], 0);
  EXPECT_NEAR(table[768] / (64 * std::numbers::pi * (1.0 / 2 - 1.0 / 3)), 1, 1e-9);
  family.pressure(1.5, table);
  EXPECT_EQ(table[511], 0);
  EXPECT_NEAR(table[512], 1, 1e-12);
  // Along lines, in small steps.
  auto const along = [](double b, double first, double last) {
    int const n = 40000;
    double sum = 0;
    for (int i = 0; i < n; ++i) {
      double const l = first + (last - first) * (i + 0.5) / n, r2 = b * b + l * l;
      if (r2 >= 4 && r2 < 16) sum += 16 / (r2 * r2) * (last - first) / n;
    }
    return sum;
  };
  family.projected(1.5, table);
  for (std::size_t const i : {0, 200, 511, 512, 513, 700, 1000}) {
    double const b = real(i) * 4 / ProfileFamily::n_nodes;
    EXPECT_NEAR(table[i], along(b, -4, 4), 3e-4) << i;  // steps of 2e-4
  }
  family.mean_projected(1.5, table);
  EXPECT_NEAR(table[ProfileFamily::n_nodes] * 16 * std::numbers::pi / whole, 1, 1e-9);
  std::vector<TableNode> pieces(LinePieces::table_size);
  family.line_pieces(1.5, pieces);
  LinePieces const lines(pieces.data(), 4);
  for (double const b : {0.0, 0.7, 1.9, 2.3, 3.1}) {
    double const half = std::sqrt(16 - b * b);
    for (auto const& [first, last] : {std::pair{-3.0, 1.0}, {0.5, 2.5}, {2.2, 3.3}}) {
      double const from = std::max(first, -half), to = std::min(last, half);
      // The inner edge is blurred by the nodes.
      EXPECT_NEAR(lines.between(b, from, to), along(b, from, to), 0.03) << b << ' ' << last;
    }
  }
}

TEST(ProfileFamily, BlendsOverRedshiftsAgreeWithTheProfileItself) {
  auto const shape_at = [](double mass, double z) {
    return battaglia2012(Battaglia2012::agn_200, mass, 0.6774, z, 4);
  };
  ProfileFamily const family(
      [&](double mass, double z, double x) { return gnfw(shape_at(mass, z), x); },
      ProfileFamily::Bounds{10, 2e5, 0.01, 4}, 4);
  std::vector<double> table(ProfileFamily::table_size), few(ProfileFamily::n_nodes / 4 + 2);
  for (double const mass : {10.0, 77.7, 5000.0, 2e5})
    for (double const z : {0.01, 0.137, 0.9, 2.22, 4.0}) {
      GnfwShape const shape = shape_at(mass, z);
      ProfilePoint const at(mass, z);
      EXPECT_NEAR(family.volume_integral(at) / gnfw_volume_integral(shape, 4), 1, 3e-5);
      family.enclosed(at, table);
      EXPECT_NEAR(table[256] / gnfw_volume_integral(shape, 1), 1, 3e-5);
      family.pressure(at, table);
      for (std::size_t const i : {10, 100, 700})
        EXPECT_NEAR(table[i] / gnfw(shape, real(i) * 4.0 / 1024), 1, 4e-5) << mass << ' ' << z;
      family.projected(at, table);
      family.projected(at, few);
      EXPECT_EQ(few[100], table[400]);
    }
}

TEST(ProfileFamily, OfOneHaloIsAFamilyToo) {
  ProfileFamily const family(
      [](double mass, double z, double x) { return mass * (1 + z) * std::exp(-x); },
      ProfileFamily::Bounds{100, 100, 0.3, 0.3}, 2);
  EXPECT_NEAR(family.volume_integral({100, 0.3}),
              130 * 4 * std::numbers::pi * (2 - 10 * std::exp(-2.0)), 1e-4);
}

TEST(ProfileFamily, GivesItsProjectionsAtFewerNodes) {
  ProfileFamily const family(profile, 300, 5000, 4);
  std::vector<double> all(ProfileFamily::table_size);
  for (auto const& table : {&ProfileFamily::projected, &ProfileFamily::mean_projected}) {
    (family.*table)(1234, all);
    for (std::size_t const stride : {2, 4}) {
      std::size_t const n = ProfileFamily::n_nodes / stride;
      std::vector<double> few(n + 2);
      (family.*table)(1234, few);
      for (std::size_t i = 0; i <= n; ++i) EXPECT_EQ(few[i], all[i * stride]) << i;
      EXPECT_EQ(few[n + 1], all.back());
    }
  }
}

TEST(ProfileFamily, IntegratesAlongPiecesOfLines) {
  double const mass = 1234, r_cut = 400;  // of R200 = 100
  ProfileFamily const family(profile, 300, 5000, 4);
  std::vector<TableNode> nodes(LinePieces::table_size);
  family.line_pieces(mass, nodes);
  LinePieces const pieces(nodes.data(), r_cut);
  for (double const b : {0.1, 7.0, 60.0, 200.0, 390.0}) {
    double const half = std::sqrt(r_cut * r_cut - b * b);
    auto const slowly = [&](double first, double last) {
      double sum = 0;
      int const n = 20000;
      for (int i = 0; i < n; ++i) {
        double const l = first + (last - first) * (i + 0.5) / n;
        sum += profile(mass, std::hypot(b, l) / 100) * (last - first) / n / 100;
      }
      return sum;
    };
    double const whole = slowly(-half, half);  // the table is coarse: only ratios are taken of it
    EXPECT_NEAR(pieces.between(b, -half, half), whole, 0.05 * whole) << b;
    EXPECT_NEAR(pieces.between(b, -0.3 * half, 0.8 * half), slowly(-0.3 * half, 0.8 * half),
                0.05 * whole)
        << b;
    EXPECT_NEAR(LinePieces::to_surface(nodes.data(), single(b), single(half)), whole / 2,
                0.05 * whole)
        << b;
    // The same number where the line ends: what is taken of a whole line leaves nothing.
    EXPECT_NEAR(LinePieces::to_surface(nodes.data(), single(b), single(half)),
                pieces.between(b, 0, half), 1e-5 * whole)
        << b;
  }
}

}  // namespace
}  // namespace setsz
