// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "model/gnfw.hpp"
#include "stages/fit/radial_sums.hpp"

namespace setsz {

/// A training cluster of the benchmark fit.
struct FitCluster {
  double m200c_1e10msunh;
  RadialSums const* sums;
};

/// Where an optimiser stands: ln of P0, xc, beta at the clusters' mean ln mass (the pivot), their
/// slopes with ln mass, ln core. About the pivot amplitude and slope hardly mix.
inline constexpr int n_fit_coordinates = 7;
inline constexpr int core_at = 6;
using FitPoint = std::array<double, n_fit_coordinates>;

/// ln of the mass in 1e14 Msun.
double log_mass(double m200c_1e10msunh, double h);

/// p/P200 and its derivatives by the point.
struct ProfileSlopes {
  double value = 0;
  FitPoint slope{};
};

/// The profile of clusters of one mass.
class PointProfile {
 public:
  /// \param mass  ln mass relative to the pivot
  PointProfile(FitPoint const& q, double mass);
  ProfileSlopes operator()(double r_over_r200) const;

 private:
  double mass_;
  GnfwShape shape_;
};

/// What all clusters of a fit have in common.
struct FitFrame {
  double h = 0;
  double pivot = 0;       ///< mean ln mass
  double n_clusters = 0;  ///< of all ranks
};

/// The residuals of any number of clusters and their derivatives at a point, in as many rows as
/// there are coordinates, and one: the triangle R of the QR decomposition of (derivatives |
/// residuals), row by row. Its squares, gradient and Gauss-Newton steps are those of all rows, and
/// triangles fold like rows.
inline constexpr int n_folded = n_fit_coordinates + 1;
using FoldedResiduals = std::array<double, std::size_t{n_folded} * n_folded>;

/// Squares: Eq. 7, averaged over the clusters of the frame, less what no spherical model can
/// change.
FoldedResiduals folded_residuals(std::span<FitCluster const> clusters, FitFrame const& frame,
                                 FitPoint const& q);
FoldedResiduals folded_together(std::span<FoldedResiduals const> parts);

/// What no spherical model can change of the loss of a cluster.
double scatter_about_shells(RadialSums const& sums);

}  // namespace setsz
