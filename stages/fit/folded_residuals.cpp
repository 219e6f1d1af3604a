// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/folded_residuals.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace setsz {
namespace {

using Rows = Eigen::Matrix<double, Eigen::Dynamic, n_folded, Eigen::RowMajor>;
using Triangle = Eigen::Matrix<double, n_folded, n_folded, Eigen::RowMajor>;

/// \param rows  at least n_folded; given away
FoldedResiduals triangle_of(Rows& rows) {
  Eigen::HouseholderQR<Eigen::Ref<Rows>> const qr(rows);
  FoldedResiduals folded{};
  Eigen::Map<Triangle>(folded.data()).triangularView<Eigen::Upper>() = rows.topRows(n_folded);
  return folded;
}

auto as_matrix(FoldedResiduals const& folded) { return Eigen::Map<Triangle const>(folded.data()); }

}  // namespace

double log_mass(double m200c_1e10msunh, double h) {
  return std::log(m200c_1e10msunh * 1e10 / h / 1e14);
}

PointProfile::PointProfile(FitPoint const& q, double mass)
    : mass_(mass),
      shape_{.p0 = std::exp(q[0] + q[3] * mass),
             .xc = std::exp(q[1] + q[4] * mass),
             .beta = std::exp(q[2] + q[5] * mass),
             .core = std::exp(q[core_at])} {}

ProfileSlopes PointProfile::operator()(double r_over_r200) const {
  auto const [p, by_xc, by_beta, by_core] = gnfw_slopes(shape_, r_over_r200);
  return {p, {p, by_xc, by_beta, p * mass_, by_xc * mass_, by_beta * mass_, by_core}};
}

// Loss = mean over voxels of (p - g)^2 = sum over shells of count (mean - g)^2 + what no spherical
// model can change; the rows are the former.
FoldedResiduals folded_residuals(std::span<FitCluster const> clusters, FitFrame const& frame,
                                 FitPoint const& q) {
  FoldedResiduals folded{};
  Rows rows;
  for (auto const& cluster : clusters) {
    auto const& sums = *cluster.sums;
    PointProfile const profile(q, log_mass(cluster.m200c_1e10msunh, frame.h) - frame.pivot);
    rows.setZero(n_folded + std::ssize(sums.count), n_folded);
    rows.topRows(n_folded) = as_matrix(folded);
    Eigen::Index row = n_folded;
    for (std::size_t s = 0; s < sums.count.size(); ++s) {
      double const n = sums.count[s];
      if (n == 0) continue;
      auto const at = profile(sums.lattice.shell_radius_r200(static_cast<std::int64_t>(s)));
      double const weight = std::sqrt(n / sums.n_voxels / frame.n_clusters);
      for (int d = 0; d < n_fit_coordinates; ++d) rows(row, d) = weight * at.slope[d];
      rows(row++, n_fit_coordinates) = weight * (at.value - sums.pressure[s] / n);
    }
    folded = triangle_of(rows);
  }
  return folded;
}

FoldedResiduals folded_together(std::span<FoldedResiduals const> parts) {
  Rows rows = Rows::Zero(n_folded * std::max<Eigen::Index>(1, std::ssize(parts)), n_folded);
  for (Eigen::Index part = 0; part < std::ssize(parts); ++part)
    rows.middleRows(n_folded * part, n_folded) = as_matrix(parts[part]);
  return triangle_of(rows);
}

double scatter_about_shells(RadialSums const& sums) {
  double scatter = sums.pressure2;
  for (std::size_t s = 0; s < sums.count.size(); ++s)
    if (sums.count[s] > 0) scatter -= sums.pressure[s] * sums.pressure[s] / sums.count[s];
  return scatter / sums.n_voxels;
}

}  // namespace setsz
