// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/gnfw.hpp"
#include "stages/common/equal_bins.hpp"
#include "stages/fit/folded_residuals.hpp"

namespace setsz {

/// Which fitted parameters rest on an edge of their allowed range: -1 the lower, 1 the upper one.
/// In the order P0, xc, beta (at the clusters' mean ln mass), their mass slopes, core.
using FitEdges = std::array<signed char, 7>;
/// "xc at its upper end, 9897", one text for each of them.
std::vector<std::string> edge_texts(FitEdges const& edges);
/// Is there one beside the core at its lower end? There it rests when the gas has no core.
bool out_of_range(FitEdges const& edges);

/// Where a minimisation came to rest.
struct FitResult {
  GnfwParameters parameters;
  double cost = 0;         ///< what was minimised
  double pull = 0;         ///< its part that holds parameters which the data do not determine
  bool converged = false;  ///< by the optimiser's tolerances, not by the limit of iterations
  FitEdges edges{};
  std::string message;  ///< the optimiser's last word
};

/// Starting points: the first is GnfwParameters{}, the others are drawn around it, with cores from
/// 0.001 to 0.1; functions of (seed, fold, number).
GnfwParameters fit_start(std::int64_t seed, std::int64_t fold, std::int64_t number);

/// The mean of log_mass over some clusters, of which there is one at least.
double mean_log_mass(std::span<double const> m200c_1e10msunh, double h);

/// What the benchmark fit asks of its clusters, wherever they are.
struct BenchmarkProblem {
  double pivot = 0;                                           ///< their mean_log_mass
  double scatter = 0;                                         ///< mean of scatter_about_shells
  std::function<FoldedResiduals(FitPoint const&)> residuals;  ///< of all of them
};

/// The benchmark: the parameters that minimise Eq. 7, averaged over the clusters. If the core is
/// fitted, a weak pull (0.1% of the scatter about spheres for a factor of e) towards the TNG-like
/// profile with a core of 0.02 decides where the clusters do not.
///
/// \param fixed_core  [R200] six parameters are fitted, by Eq. 7 alone; seven without
/// \param give_up     asked after every step: true ends the fit, which then is worth nothing
/// \return cost = that average + pull
FitResult fit_benchmark(
    BenchmarkProblem const& problem, GnfwParameters const& start,
    std::optional<double> fixed_core = {}, std::function<bool()> give_up = [] { return false; });

/// A training cluster of the flux fit.
struct FluxCluster {
  double m200c_1e10msunh;
  double y_weight;                          ///< P200 R200^3, in any common unit
  std::array<double, most_radii> within{};  ///< pressure_within, as many as there are radii
};

/// The same form, fitted so that the integrated pressure within every radius is right on average in
/// each mass bin: least squares of Y_model(<r)/Y_gas(<r) - 1 of the stacked clusters (weights
/// P200 R200^3, that is their true Y) at the radii of `n_radii`, the outermost counted three times
/// as much as all the others together. Y_model is the continuous integral. A weak pull towards
/// `start` (2% of Y for a factor of e) decides where the data do not.
///
/// The core stays that of `start`. Y(<r) hardly knows it; free, it goes along with mass slopes that
/// bring the bins of mass together by a few percent and haloes a factor of 10 below them to
/// nothing.
/// \param n_radii  as many as the coarsest cube allows
FitResult fit_flux(std::span<FluxCluster const> clusters, std::int64_t n_radii, double h,
                   std::int64_t n_mass_bins, GnfwParameters const& start);

}  // namespace setsz
