// SPDX-License-Identifier: BSD-3-Clause
#include "model/origin_filter.hpp"

#include <Eigen/Dense>
#include <cassert>
#include <cmath>
#include <limits>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// One cluster's part of the normal equations, in shells of unit mean square.
struct Equations {
  Eigen::MatrixXd matrix;
  Eigen::VectorXd vector;
  Eigen::MatrixXd rows;  ///< (3, n_shells)
  Eigen::Vector3d centre;
};

/// Root mean square of each shell's length; 1 where all are zero.
Eigen::VectorXd scales_of(std::span<CentreSample const> samples) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(std::ssize(samples.front().shells));
  for (auto const& sample : samples)
    for (Eigen::Index b = 0; b < sum.size(); ++b) sum[b] += norm2(sample.shells[b]);
  for (auto& s : sum) s = s > 0 ? std::sqrt(s / real(samples.size())) : 1;
  return sum;
}

std::vector<Equations> equations_of(std::span<CentreSample const> samples,
                                    Eigen::VectorXd const& scales) {
  std::vector<Equations> all;
  for (auto const& [shells, centre] : samples) {
    Equations e{{}, {}, Eigen::MatrixXd(3, scales.size()), {centre.x, centre.y, centre.z}};
    for (Eigen::Index b = 0; b < scales.size(); ++b)
      for (Eigen::Index axis = 0; axis < 3; ++axis) e.rows(axis, b) = shells[b][axis] / scales[b];
    e.matrix = e.rows.transpose() * e.rows;
    e.vector = e.rows.transpose() * e.centre;
    all.push_back(std::move(e));
  }
  return all;
}

}  // namespace

std::vector<double> fit_origin_filter(std::span<CentreSample const> samples) {
  if (samples.empty()) return {};
  auto const n_shells = std::ssize(samples.front().shells);
  std::vector<double> none(n_shells, 0);
  if (std::ssize(samples) < 3) return none;
  auto const scales = scales_of(samples);
  auto const all = equations_of(samples, scales);
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(n_shells, n_shells);
  Eigen::VectorXd vector = Eigen::VectorXd::Zero(n_shells);
  double smallest = 0;  // error without any shift
  for (auto const& e : all) {
    matrix += e.matrix, vector += e.vector;
    smallest += e.centre.squaredNorm();
  }
  double best = 0;
  for (int power = -8; power <= 8; ++power) {  // of the ridge in units of a shell's own sum
    double const ridge = std::pow(10.0, power / 4.0) * real(samples.size());
    Eigen::MatrixXd const damping = ridge * Eigen::MatrixXd::Identity(n_shells, n_shells);
    double error = 0;
    for (auto const& e : all) {
      Eigen::VectorXd const without = (matrix - e.matrix + damping).ldlt().solve(vector - e.vector);
      error += (e.rows * without - e.centre).squaredNorm();
    }
    if (error < smallest) smallest = error, best = ridge;
  }
  if (best == 0) return none;
  Eigen::MatrixXd const damping = best * Eigen::MatrixXd::Identity(n_shells, n_shells);
  Eigen::VectorXd const solution = (matrix + damping).ldlt().solve(vector).cwiseQuotient(scales);
  return {solution.begin(), solution.end()};
}

Vec3 filtered_centre(std::span<double const> coefficients, std::span<Vec3 const> shells) {
  assert(coefficients.size() == shells.size());
  Vec3 sum;
  for (std::size_t b = 0; b < shells.size(); ++b) sum += coefficients[b] * shells[b];
  return sum;
}

}  // namespace setsz
