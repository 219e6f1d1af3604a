// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/best_centre.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <vector>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

constexpr double grid_step = 0.1, grid_reach = 0.4, reach = 0.45;  // [R200]

/// The profile between the nodes of a table in r, which needs no power.
class ProfileTable {
 public:
  explicit ProfileTable(GnfwShape const& profile) {
    for (int i = 0; i <= n; ++i) values_.push_back(gnfw(profile, i * step));
  }
  double operator()(double r) const {
    double const place = r / step;
    auto const i = static_cast<int>(place);
    if (i >= n) return values_.back();
    return values_[i] + (place - i) * (values_[i + 1] - values_[i]);
  }
  double slope(double r) const {
    auto const i = static_cast<int>(r / step);
    return i >= n ? 0 : (values_[i + 1] - values_[i]) / step;
  }

 private:
  static constexpr int n = 12000;
  static constexpr double step = 2.5 / n;  // [R200]
  std::vector<double> values_;
};

double error_of(std::span<PressureSample const> voxels, ProfileTable const& profile,
                Vec3 const& centre) {
  double sum = 0;
  for (auto const& [position, pressure] : voxels) {
    double const error = profile(norm(position - centre)) - pressure;
    sum += error * error;
  }
  return sum;
}

Vec3 grid_search(std::span<PressureSample const> voxels, ProfileTable const& profile) {
  std::vector<PressureSample> inner;
  for (auto const& voxel : voxels)
    if (norm2(voxel.position) < 1) inner.push_back(voxel);
  Vec3 best;
  double smallest = error_of(inner, profile, best);
  int const n = static_cast<int>(std::lround(grid_reach / grid_step));
  for (int i = -n; i <= n; ++i)
    for (int j = -n; j <= n; ++j)
      for (int k = -n; k <= n; ++k) {
        Vec3 const centre{grid_step * i, grid_step * j, grid_step * k};
        if (norm(centre) > grid_reach) continue;
        double const error = error_of(inner, profile, centre);
        if (error < smallest) smallest = error, best = centre;
      }
  return best;
}

/// A damped Gauss-Newton step from a centre.
Vec3 step_from(std::span<PressureSample const> voxels, ProfileTable const& profile,
               Vec3 const& centre, double damping) {
  Eigen::Matrix3d matrix = Eigen::Matrix3d::Zero();
  Eigen::Vector3d vector = Eigen::Vector3d::Zero();
  for (auto const& [position, pressure] : voxels) {
    Vec3 const d = position - centre;
    double const r = norm(d);
    double const slope = r > 0 ? -profile.slope(r) / r : 0;  // by the centre, along d
    Eigen::Vector3d const gradient(slope * d.x, slope * d.y, slope * d.z);
    matrix += gradient * gradient.transpose();
    vector += gradient * (pressure - profile(r));
  }
  matrix.diagonal() *= 1 + damping;
  Eigen::Vector3d const s = matrix.ldlt().solve(vector);
  return {s[0], s[1], s[2]};
}

}  // namespace

Vec3 best_centre(std::span<PressureSample const> voxels, GnfwShape const& shape) {
  ProfileTable const profile(shape);
  Vec3 centre = grid_search(voxels, profile);
  double error = error_of(voxels, profile, centre), damping = 1e-3;
  for (int i = 0; i < 30 && damping < 1e3; ++i) {
    Vec3 const step = step_from(voxels, profile, centre, damping), next = centre + step;
    double const there = norm(next) < reach ? error_of(voxels, profile, next) : error;
    bool const better = there < error;
    damping *= better ? 0.3 : 5;
    if (!better) continue;
    centre = next, error = there;
    if (norm(step) < 1e-4) break;
  }
  return centre;
}

}  // namespace setsz
