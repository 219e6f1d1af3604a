// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/vec3.hpp"

#include <gtest/gtest.h>

#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

Mat3 random_symmetric(Random& random, double scale) {
  Mat3 m;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j <= i; ++j) m.row[i][j] = m.row[j][i] = scale * random.normal();
  }
  return m;
}
double largest(Mat3 const& m) {
  double value = 0;
  for (auto const& row : m.row) value = std::max(value, norm(row));
  return value;
}
/// sum_k lambda_k v_k v_k^T
Mat3 rebuilt(SymmetricEigen const& eigen) {
  Mat3 m;
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::size_t i = 0; i < 3; ++i) {
      m.row[i] += eigen.values[k] * eigen.vectors[k][i] * eigen.vectors[k];
    }
  }
  return m;
}
Mat3 difference(Mat3 const& a, Mat3 const& b) {
  return {{a.row[0] - b.row[0], a.row[1] - b.row[1], a.row[2] - b.row[2]}};
}
Mat3 const identity{{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}}};

TEST(SymmetricEigen, ValuesAndVectorsRebuildTheMatrix) {
  Random random(1, Purpose::test);
  for (int i = 0; i < 2000; ++i) {
    double const scale = std::pow(10.0, 20 * random.uniform() - 10);
    Mat3 const m = random_symmetric(random, scale);
    auto const eigen = symmetric_eigen(m);
    EXPECT_LE(largest(difference(rebuilt(eigen), m)), 1e-14 * largest(m) * 4);
    EXPECT_LE(eigen.values.x, eigen.values.y);
    EXPECT_LE(eigen.values.y, eigen.values.z);
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(dot(eigen.vectors[k], eigen.vectors[k]), 1, 1e-14);
      EXPECT_NEAR(dot(eigen.vectors[k], eigen.vectors[(k + 1) % 3]), 0, 1e-14);
    }
  }
}

TEST(SymmetricEigen, KnowsDiagonalDegenerateAndZeroMatrices) {
  auto const diagonal = symmetric_eigen({{Vec3{3, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 2}}});
  EXPECT_EQ(diagonal.values, (Vec3{1, 2, 3}));
  EXPECT_EQ(std::abs(diagonal.vectors[0].y), 1);
  EXPECT_EQ(symmetric_eigen(Mat3{}).values, (Vec3{0, 0, 0}));
  // Two equal values: 2 on the axis (1, 1, 1), 1 across.
  double const d = 4.0 / 3, o = 1.0 / 3;
  auto const degenerate = symmetric_eigen({{Vec3{d, o, o}, Vec3{o, d, o}, Vec3{o, o, d}}});
  EXPECT_NEAR(degenerate.values.x, 1, 1e-15);
  EXPECT_NEAR(degenerate.values.y, 1, 1e-15);
  EXPECT_NEAR(degenerate.values.z, 2, 1e-15);
  EXPECT_NEAR(std::abs(dot(degenerate.vectors[2], unit({1, 1, 1}))), 1, 1e-15);
}

TEST(Rotation, TurnsRightHandedAboutItsAxis) {
  Vec3 const turned = rotation({0, 0, 1}, std::numbers::pi / 2) * Vec3{1, 0, 0};
  EXPECT_NEAR(turned.x, 0, 1e-15);
  EXPECT_NEAR(turned.y, 1, 1e-15);
  Vec3 const axis = unit({1, 2, 3});
  EXPECT_NEAR(norm(rotation(axis, 0.7) * axis - axis), 0, 1e-15);
}

TEST(Rotation, EveryUniformRotationIsOrthogonalAndProper) {
  Random random(2, Purpose::test);
  Vec3 mean;
  int const n = 20000;
  for (int i = 0; i < n; ++i) {
    Mat3 const r = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
    EXPECT_LE(largest(difference(r * transpose(r), identity)), 1e-14);
    EXPECT_NEAR(dot(r.row[0], cross(r.row[1], r.row[2])), 1, 1e-14);
    mean += r * Vec3{0, 0, 1};
  }
  // Directions are uniform on the sphere: each mean component has variance 1/(3n).
  EXPECT_LE(norm(mean / n), 4 / std::sqrt(real(n)));
}

TEST(Vec3, UnitOfZeroIsZero) { EXPECT_EQ(unit({0, 0, 0}), (Vec3{0, 0, 0})); }

}  // namespace
}  // namespace setsz
