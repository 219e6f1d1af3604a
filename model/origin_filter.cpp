// SPDX-License-Identifier: BSD-3-Clause
#include "model/origin_filter.hpp"

#include <Eigen/Dense>
#include <cassert>
#include <cmath>

#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"

namespace setsz {

namespace {

/// One cluster's part of the normal equations, in shells of unit mean square.
struct Equations {
  Eigen::MatrixXd matrix;
  Eigen::VectorXd vector;
  Eigen::MatrixXd rows;  ///< (3, n_shells), 0 for shells that are not taken
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
                                    Eigen::VectorXd const& scales, Range taken) {
  std::vector<Equations> all;
  for (auto const& [shells, centre] : samples) {
    Equations e{{}, {}, Eigen::MatrixXd::Zero(3, scales.size()), {centre.x, centre.y, centre.z}};
    for (Eigen::Index b = taken.first; b < taken.last; ++b)
      for (Eigen::Index axis = 0; axis < 3; ++axis) e.rows(axis, b) = shells[b][axis] / scales[b];
    e.matrix = e.rows.transpose() * e.rows;
    e.vector = e.rows.transpose() * e.centre;
    all.push_back(std::move(e));
  }
  return all;
}

/// A ridge regression on some of the shells.
struct Fit {
  double error = 0;  ///< squared, of all clusters, each predicted by the others
  Eigen::VectorXd coefficients;
};

/// With the ridge of the smallest error; without any coefficient where none is below `no_shift`.
Fit best_ridge(std::vector<Equations> const& all, Eigen::Index n_shells, double no_shift) {
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(n_shells, n_shells);
  Eigen::VectorXd vector = Eigen::VectorXd::Zero(n_shells);
  for (auto const& e : all) matrix += e.matrix, vector += e.vector;
  Fit best{no_shift, Eigen::VectorXd::Zero(n_shells)};
  for (int power = -8; power <= 8; ++power) {  // of the ridge in units of a shell's own sum
    double const ridge = std::pow(10.0, power / 4.0) * real(std::ssize(all));
    Eigen::MatrixXd const damping = ridge * Eigen::MatrixXd::Identity(n_shells, n_shells);
    double error = 0;
    for (auto const& e : all) {
      Eigen::VectorXd const without = (matrix - e.matrix + damping).ldlt().solve(vector - e.vector);
      error += (e.rows * without - e.centre).squaredNorm();
    }
    if (error < best.error) best = {error, (matrix + damping).ldlt().solve(vector)};
  }
  return best;
}

}  // namespace

std::vector<double> fit_origin_filter(std::span<CentreSample const> samples) {
  if (samples.empty()) return {};
  auto const n = std::ssize(samples.front().shells), half = n / 2;
  if (std::ssize(samples) < 3) return std::vector<double>(n, 0);
  auto const scales = scales_of(samples);
  double no_shift = 0;
  for (auto const& sample : samples) no_shift += norm2(sample.centre);
  Fit best{no_shift, Eigen::VectorXd::Zero(n)};
  for (Range const taken : {Range{0, half}, Range{half, n}, Range{0, n}}) {
    auto const fit = best_ridge(equations_of(samples, scales, taken), n, no_shift);
    if (fit.error < best.error) best = fit;
  }
  Eigen::VectorXd const solution = best.coefficients.cwiseQuotient(scales);
  return {solution.begin(), solution.end()};
}

Vec3 filtered_centre(std::span<double const> coefficients, std::span<Vec3 const> shells) {
  assert(coefficients.size() == shells.size());
  Vec3 sum;
  for (std::size_t b = 0; b < shells.size(); ++b) sum += coefficients[b] * shells[b];
  return sum;
}

}  // namespace setsz
