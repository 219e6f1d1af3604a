// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/vec3.hpp"

#include <algorithm>
#include <numbers>

namespace setsz {

SymmetricEigen symmetric_eigen(Mat3 const& symmetric) {
  Mat3 a = symmetric;
  Mat3 v{{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}}};
  constexpr std::size_t pairs[3][2] = {{0, 1}, {0, 2}, {1, 2}};
  for (int sweep = 0; sweep < 64; ++sweep) {
    double const off = std::abs(a.row[0][1]) + std::abs(a.row[0][2]) + std::abs(a.row[1][2]);
    if (off == 0) break;
    for (auto const& [p, q] : pairs) {
      double const apq = a.row[p][q];
      if (apq == 0) continue;
      double const theta = (a.row[q][q] - a.row[p][p]) / (2 * apq);
      double const t = (theta >= 0 ? 1.0 : -1.0) / (std::abs(theta) + std::hypot(theta, 1.0));
      double const c = 1 / std::hypot(t, 1.0);
      double const s = t * c;
      for (std::size_t k = 0; k < 3; ++k) {
        double const akp = a.row[k][p], akq = a.row[k][q];
        a.row[k][p] = c * akp - s * akq;
        a.row[k][q] = s * akp + c * akq;
      }
      for (std::size_t k = 0; k < 3; ++k) {
        double const apk = a.row[p][k], aqk = a.row[q][k];
        a.row[p][k] = c * apk - s * aqk;
        a.row[q][k] = s * apk + c * aqk;
        double const vkp = v.row[k][p], vkq = v.row[k][q];
        v.row[k][p] = c * vkp - s * vkq;
        v.row[k][q] = s * vkp + c * vkq;
      }
      a.row[p][q] = a.row[q][p] = 0;
    }
  }
  std::array<std::size_t, 3> order{0, 1, 2};
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return a.row[i][i] < a.row[j][j]; });
  SymmetricEigen result;
  for (std::size_t k = 0; k < 3; ++k) {
    result.values[k] = a.row[order[k]][order[k]];
    result.vectors[k] = unit(v.column(order[k]));
  }
  return result;
}

Mat3 rotation(Vec3 const& axis, double angle) {
  double const c = std::cos(angle), s = std::sin(angle);
  auto const rotate = [&](Vec3 const& e) {
    return c * e + s * cross(axis, e) + (1 - c) * dot(axis, e) * axis;
  };
  return transpose({{rotate({1, 0, 0}), rotate({0, 1, 0}), rotate({0, 0, 1})}});
}

Mat3 uniform_rotation(double u1, double u2, double u3) {
  constexpr double two_pi = 2 * std::numbers::pi;
  double const a = std::sqrt(1 - u1), b = std::sqrt(u1);
  double const x = a * std::sin(two_pi * u2), y = a * std::cos(two_pi * u2);
  double const z = b * std::sin(two_pi * u3), w = b * std::cos(two_pi * u3);
  return {{Vec3{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)},
           Vec3{2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)},
           Vec3{2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}}};
}

}  // namespace setsz
