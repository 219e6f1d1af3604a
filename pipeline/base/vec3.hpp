// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace setsz {

struct Vec3 {
  double x = 0, y = 0, z = 0;

  constexpr double& operator[](std::size_t i) { return i == 0 ? x : i == 1 ? y : z; }
  constexpr double operator[](std::size_t i) const { return i == 0 ? x : i == 1 ? y : z; }
  constexpr Vec3& operator+=(Vec3 const& o) { return x += o.x, y += o.y, z += o.z, *this; }
  constexpr Vec3& operator-=(Vec3 const& o) { return x -= o.x, y -= o.y, z -= o.z, *this; }
  constexpr Vec3& operator*=(double f) { return x *= f, y *= f, z *= f, *this; }
  constexpr bool operator==(Vec3 const&) const = default;
};

constexpr Vec3 operator+(Vec3 a, Vec3 const& b) { return a += b; }
constexpr Vec3 operator-(Vec3 a, Vec3 const& b) { return a -= b; }
constexpr Vec3 operator-(Vec3 const& a) { return {-a.x, -a.y, -a.z}; }
constexpr Vec3 operator*(double f, Vec3 a) { return a *= f; }
constexpr Vec3 operator*(Vec3 a, double f) { return a *= f; }
constexpr Vec3 operator/(Vec3 a, double f) { return a *= 1 / f; }
constexpr double dot(Vec3 const& a, Vec3 const& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
constexpr double norm2(Vec3 const& a) { return dot(a, a); }
inline double norm(Vec3 const& a) { return std::sqrt(norm2(a)); }
constexpr Vec3 cross(Vec3 const& a, Vec3 const& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
/// The unit vector along `a`; the zero vector for the zero vector.
inline Vec3 unit(Vec3 const& a) {
  double const length = norm(a);
  return length > 0 ? a / length : Vec3{};
}

/// A 3x3 matrix by rows.
struct Mat3 {
  std::array<Vec3, 3> row{};

  constexpr Vec3 operator*(Vec3 const& v) const {
    return {dot(row[0], v), dot(row[1], v), dot(row[2], v)};
  }
  constexpr Vec3 column(std::size_t j) const { return {row[0][j], row[1][j], row[2][j]}; }
};

constexpr Mat3 transpose(Mat3 const& m) { return {{m.column(0), m.column(1), m.column(2)}}; }
constexpr Mat3 operator*(Mat3 const& a, Mat3 const& b) {
  Mat3 const t = transpose(b);
  return {{t * a.row[0], t * a.row[1], t * a.row[2]}};
}

/// Eigenvalues in ascending order and the matching unit eigenvectors.
struct SymmetricEigen {
  Vec3 values;
  std::array<Vec3, 3> vectors;
};

/// Eigen-decomposition of a symmetric matrix by cyclic Jacobi rotations, to rounding.
/// \source Golub & Van Loan, Matrix Computations, section 8.5
SymmetricEigen symmetric_eigen(Mat3 const& symmetric);

/// The rotation by `angle` [rad] about the unit vector `axis` (Rodrigues).
Mat3 rotation(Vec3 const& axis, double angle);

/// A rotation drawn uniformly from SO(3) by three uniform numbers in [0, 1).
/// \source Shoemake (1992), Graphics Gems III, "Uniform random rotations"
Mat3 uniform_rotation(double u1, double u2, double u3);

}  // namespace setsz
