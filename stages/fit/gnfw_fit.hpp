// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/gnfw.hpp"
#include "stages/common/mass_bins.hpp"
#include "stages/fit/radial_sums.hpp"

namespace setsz {

/// A training cluster of the fits.
struct FitCluster {
  double m200c_1e10msunh;
  RadialSums const* sums;
};

/// Where a minimisation came to rest.
struct FitResult {
  GnfwParameters parameters;
  double cost = 0;         ///< what was minimised
  bool converged = false;  ///< by the optimiser's tolerances, not by the limit of iterations
  bool at_bound = false;   ///< a parameter rests on the edge of its allowed range
  std::string message;     ///< the optimiser's last word
};

/// Starting points: the first is GnfwParameters{}, the others are drawn around it, functions of
/// (seed, fold, number).
GnfwParameters fit_start(std::int64_t seed, std::int64_t fold, std::int64_t number);

/// The benchmark: the six parameters that minimise Eq. 7, averaged over the clusters.
/// \return cost = that average
FitResult fit_benchmark(std::span<FitCluster const> clusters, double h,
                        GnfwParameters const& start);

/// The same form, fitted so that the integrated pressure within every radius is right on average in
/// each mass bin: least squares of Y_model(<r)/Y_gas(<r) - 1 of the stacked clusters (weights
/// P200 R200^3, that is their true Y) at the radii of `n_radii`, the outermost counted three times
/// as much as all the others together. Y_model is the continuous integral. A weak pull towards
/// `start` (0.1% of Y for a factor of e) decides where the data do not. \param
/// y_weight  P200 R200^3 of every cluster, in any common unit
FitResult fit_flux(std::span<FitCluster const> clusters, std::span<double const> y_weight, double h,
                   std::int64_t n_mass_bins, GnfwParameters const& start);

}  // namespace setsz
