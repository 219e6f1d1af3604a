// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/gnfw_fit.hpp"

#include <ceres/ceres.h>

#include <algorithm>
#include <array>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <tuple>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/fit/few_for_many.hpp"

namespace setsz {
namespace {

struct Coordinate {
  char const* name;
  bool logarithmic;
  double low, high;
};
std::array<Coordinate, n_fit_coordinates> const coordinates{
    {{"P0", true, -9.2, 9.2},  // amplitudes within 1e-4 ... 1e4
     {"xc", true, -9.2, 9.2},
     {"beta", true, -9.2, 9.2},
     {"mass slope of P0", false, -5, 5},
     {"mass slope of xc", false, -5, 5},
     {"mass slope of beta", false, -5, 5},
     {"core", true, std::log(smallest_gnfw_core), std::log(largest_gnfw_core)}}};

FitPoint to_point(GnfwParameters const& p, double pivot) {
  return {std::log(p.A_P0) + p.a_P0 * pivot,
          std::log(p.A_xc) + p.a_xc * pivot,
          std::log(p.A_beta) + p.a_beta * pivot,
          p.a_P0,
          p.a_xc,
          p.a_beta,
          std::log(p.core)};
}

FitPoint start_point(GnfwParameters start, double pivot, std::optional<double> fixed_core) {
  start.core = fixed_core.value_or(start.core);
  return to_point(start, pivot);
}

GnfwParameters to_parameters(FitPoint const& q, double pivot) {
  return {.A_P0 = std::exp(q[0] - q[3] * pivot),
          .a_P0 = q[3],
          .A_xc = std::exp(q[1] - q[4] * pivot),
          .a_xc = q[4],
          .A_beta = std::exp(q[2] - q[5] * pivot),
          .a_beta = q[5],
          .core = std::exp(q[core_at])};
}

/// Residuals of one parameter block with the derivatives by the same block, row by row.
using ResidualFunction =
    std::function<void(FitPoint const& point, double* residuals, double* jacobian)>;

class Residuals : public ceres::CostFunction {
 public:
  Residuals(int n_residuals, ResidualFunction evaluate) : evaluate_(std::move(evaluate)) {
    set_num_residuals(n_residuals);
    mutable_parameter_block_sizes()->push_back(n_fit_coordinates);
  }
  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    FitPoint point;
    std::copy_n(parameters[0], point.size(), point.begin());
    evaluate_(point, residuals, jacobians ? jacobians[0] : nullptr);
    return true;
  }

 private:
  ResidualFunction evaluate_;
};

/// Ends where a long valley has nothing more to give: no gain above 1e-9 in 50 steps; or when
/// asked.
class StopInFlatValley : public ceres::IterationCallback {
 public:
  StopInFlatValley(double floor, std::function<bool()> const& give_up)
      : floor_(floor), give_up_(give_up) {}
  ceres::CallbackReturnType operator()(ceres::IterationSummary const& step) override {
    if (give_up_()) return ceres::SOLVER_ABORT;
    costs_.push_back(step.cost);
    constexpr std::size_t window = 50;
    if (costs_.size() <= window) return ceres::SOLVER_CONTINUE;
    double const gain = costs_[costs_.size() - 1 - window] - step.cost;
    return gain <= 1e-9 * (step.cost + floor_) ? ceres::SOLVER_TERMINATE_SUCCESSFULLY
                                               : ceres::SOLVER_CONTINUE;
  }

 private:
  double floor_;
  std::function<bool()> const& give_up_;
  std::vector<double> costs_;
};

FitEdges edges_of(FitPoint const& q) {
  FitEdges edges{};
  for (std::size_t i = 0; i < q.size(); ++i) {
    auto const& [name, logarithmic, low, high] = coordinates[i];
    double const near = 1e-3 * (high - low);
    if (q[i] < low + near) edges[i] = -1;
    if (q[i] > high - near) edges[i] = 1;
  }
  return edges;
}

/// What is minimised: the squares of the residuals, and of the distance from home times `pull`.
struct Minimum {
  int n_residuals;
  ResidualFunction evaluate;
  double floor;  ///< what the cost has beside the squares: decides what is a gain
  FitPoint home;
  double pull;
  bool core_is_fixed;
  std::function<bool()> give_up = [] { return false; };

  int n_rows() const { return n_residuals + n_fit_coordinates; }
  void operator()(FitPoint const& q, double* residuals, double* jacobian) const {
    evaluate(q, residuals, jacobian);
    residuals += n_residuals;
    if (jacobian) jacobian += std::ptrdiff_t{n_fit_coordinates} * n_residuals;
    for (int i = 0; i < n_fit_coordinates; ++i) {
      residuals[i] = pull * (q[i] - home[i]);
      for (int d = 0; jacobian && d < n_fit_coordinates; ++d)
        jacobian[n_fit_coordinates * i + d] = d == i ? pull : 0;
    }
  }
};

enum class Core { held, free };

/// Walks down from q to a minimum. \return did it arrive, the optimiser's last word
std::pair<bool, std::string> descend(Minimum const& minimum, Core core, FitPoint& q) {
  ceres::Problem problem;
  problem.AddResidualBlock(new Residuals(minimum.n_rows(), minimum), nullptr, q.data());
  for (int i = 0; i < n_fit_coordinates; ++i) {
    if (i == core_at && core == Core::held) continue;
    problem.SetParameterLowerBound(q.data(), i, coordinates[i].low);
    problem.SetParameterUpperBound(q.data(), i, coordinates[i].high);
  }
  if (core == Core::held)
    problem.SetManifold(q.data(), new ceres::SubsetManifold(n_fit_coordinates, {core_at}));
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 3000;
  options.function_tolerance = 1e-15;
  options.gradient_tolerance = 1e-13;
  options.parameter_tolerance = 1e-12;
  options.num_threads = 1;
  options.logging_type = ceres::SILENT;
  StopInFlatValley stop_in_flat_valley(minimum.floor / 2, minimum.give_up);
  options.callbacks.push_back(&stop_in_flat_valley);
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  return {summary.termination_type == ceres::CONVERGENCE ||
              summary.termination_type == ceres::USER_SUCCESS,
          summary.message};
}

struct CostAt {
  double cost, pull, by_ln_core;
};
CostAt cost_at(Minimum const& minimum, FitPoint const& q) {
  std::vector<double> residuals(minimum.n_rows()), jacobian(residuals.size() * q.size());
  minimum(q, residuals.data(), jacobian.data());
  CostAt sum{minimum.floor, 0, 0};
  for (std::size_t row = 0; row < residuals.size(); ++row) {
    double const square = residuals[row] * residuals[row];
    sum.cost += square;
    if (std::cmp_greater_equal(row, minimum.n_residuals)) sum.pull += square;
    sum.by_ln_core += 2 * residuals[row] * jacobian[q.size() * row + core_at];
  }
  return sum;
}

/// The core moves only after the others have found their places for the core of the start: from far
/// away it would run into an edge first. There the optimiser, which cuts steps off, gets stuck;
/// hence the others go on without the core, which is released again if it wants to come back.
FitResult minimise(Minimum const& minimum, double pivot, FitPoint q) {
  for (std::size_t i = 0; i < q.size(); ++i)
    q[i] = std::clamp(q[i], coordinates[i].low, coordinates[i].high);
  auto [converged, message] = descend(minimum, Core::held, q);
  constexpr int most_rounds = 8;
  double before = std::numeric_limits<double>::max();
  for (int round = 0; round < most_rounds && !minimum.core_is_fixed && !minimum.give_up();
       ++round) {
    std::tie(converged, message) = descend(minimum, Core::free, q);
    int const edge = edges_of(q)[core_at];
    if (edge == 0) break;
    q[core_at] = edge < 0 ? coordinates[core_at].low : coordinates[core_at].high;
    std::tie(converged, message) = descend(minimum, Core::held, q);
    auto const now = cost_at(minimum, q);
    bool const outwards = edge * now.by_ln_core <= 0;
    if (outwards || before - now.cost <= 1e-9 * now.cost + 1e-15) break;
    before = now.cost;
    converged = false;
  }
  auto edges = edges_of(q);
  if (minimum.core_is_fixed) edges[core_at] = 0;
  auto const cost = cost_at(minimum, q);
  return {to_parameters(q, pivot), cost.cost, cost.pull, converged, edges, message};
}

/// Nodes and weights of 4 pi x^2 dx in one radial bin.
struct BinRule {
  std::vector<double> x, weight;
};

/// Gauss-Legendre of 5 points in parts of each bin, denser towards the centre in the first bin.
std::vector<BinRule> bin_rules(std::int64_t n_bins) {
  using Rule = boost::math::quadrature::gauss<double, 5>;
  double const width = score_radius_r200 / real(n_bins);
  std::vector<BinRule> rules(n_bins);
  for (std::size_t bin = 0; bin < rules.size(); ++bin) {
    std::vector<double> edges;
    double const low = width * real(bin);
    if (bin == 0)
      edges = {0, 1e-3, 3e-3, 1e-2, 3e-2, 0.3 * width + 0.02, width};
    else
      edges = {low, low + width / 2, low + width};
    std::sort(edges.begin(), edges.end());
    for (std::size_t e = 0; e + 1 < edges.size(); ++e) {
      double const middle = (edges[e] + edges[e + 1]) / 2, half = (edges[e + 1] - edges[e]) / 2;
      auto const add = [&](double node, double weight) {
        double const x = middle + half * node;
        rules[bin].x.push_back(x);
        rules[bin].weight.push_back(half * weight * 4 * std::numbers::pi * x * x);
      };
      for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
        double const node = Rule::abscissa()[i], weight = Rule::weights()[i];
        add(node, weight);
        if (node > 0) add(-node, weight);
      }
    }
  }
  return rules;
}

/// What the flux fit compares: clusters in bins of mass, Y within some radii.
struct FluxProblem {
  std::span<FluxCluster const> clusters;
  std::vector<EqualBin> bins;
  std::vector<std::vector<WeightedValue>> masses;  ///< ln mass relative to the pivot, by bin
  std::vector<BinRule> rules;                      ///< by radius
  std::vector<std::vector<double>> gas;            ///< Y_gas(<r), (bin, radius)
};

/// Profiles change little over a fifth of a mass: the sums over a million clusters are those over a
/// few hundred masses, to rounding.
std::vector<WeightedValue> few_masses(FluxProblem const& problem, EqualBin const& bin, double h,
                                      double pivot) {
  constexpr double width = 0.2;
  std::vector<WeightedValue> masses;
  for (auto const member : bin.members) {
    auto const& cluster = problem.clusters[member];
    masses.push_back({log_mass(cluster.m200c_1e10msunh, h) - pivot, cluster.y_weight});
  }
  return few_for_many(std::move(masses), width);
}

/// Y_gas(<r) of each mass bin's clusters together.
std::vector<std::vector<double>> stacked_gas(FluxProblem const& problem) {
  std::vector<std::vector<double>> gas;
  for (auto const& bin : problem.bins) {
    gas.emplace_back(problem.rules.size(), 0);
    for (auto const member : bin.members) {
      auto const& cluster = problem.clusters[member];
      for (std::size_t k = 0; k < problem.rules.size(); ++k)
        gas.back()[k] += cluster.y_weight * cluster.within[k];
    }
    require(gas.back()[0] > 0, ExitCode::bad_data,
            "no gas pressure at the centre of the clusters from ", bin.low, " to ", bin.high,
            " x 1e10 Msun/h; do gas and halo catalogue belong together?");
  }
  return gas;
}

/// Y_model(<r) of a mass bin by radius.
std::vector<ProfileSlopes> stacked_model(FluxProblem const& problem, std::size_t bin,
                                         FitPoint const& q) {
  std::vector<ProfileSlopes> within(problem.rules.size(), ProfileSlopes{});
  auto const add = [](ProfileSlopes& sum, double weight, ProfileSlopes const& term) {
    sum.value += weight * term.value;
    for (std::size_t d = 0; d < sum.slope.size(); ++d) sum.slope[d] += weight * term.slope[d];
  };
  for (auto const& [mass, y_weight] : problem.masses[bin]) {
    PointProfile const profile(q, mass);
    for (std::size_t k = 0; k < within.size(); ++k)
      for (std::size_t i = 0; i < problem.rules[k].x.size(); ++i)
        add(within[k], y_weight * problem.rules[k].weight[i], profile(problem.rules[k].x[i]));
  }
  for (std::size_t k = 1; k < within.size(); ++k) add(within[k], 1, within[k - 1]);
  return within;
}

}  // namespace

double mean_log_mass(std::span<double const> m200c_1e10msunh, double h) {
  require(!m200c_1e10msunh.empty(), ExitCode::bad_data,
          "a fit needs at least one training cluster");
  double sum = 0;
  for (double const mass : m200c_1e10msunh) sum += log_mass(mass, h);
  return sum / real(m200c_1e10msunh.size());
}

GnfwParameters fit_start(std::int64_t seed, std::int64_t fold, std::int64_t number) {
  GnfwParameters start;
  if (number == 0) return start;
  Random random(static_cast<std::uint64_t>(seed), Purpose::fit_start,
                static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(fold));
  for (double* amplitude : {&start.A_P0, &start.A_xc, &start.A_beta})
    *amplitude *= std::exp(0.7 * random.normal());
  for (double* slope : {&start.a_P0, &start.a_xc, &start.a_beta}) *slope += 0.3 * random.normal();
  // Not larger: from there the profile can become (r + core)^-beta, with P0 without bound.
  start.core *= std::pow(100, random.uniform());
  return start;
}

std::vector<std::string> edge_texts(FitEdges const& edges) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (edges[i] == 0) continue;
    auto const& [name, logarithmic, low, high] = coordinates[i];
    double const end = edges[i] < 0 ? low : high;
    texts.push_back(concat(name, " at its ", edges[i] < 0 ? "lower" : "upper", " end, ",
                           logarithmic ? std::exp(end) : end));
  }
  return texts;
}

bool out_of_range(FitEdges const& edges) {
  auto others = edges;
  others[core_at] = std::max<signed char>(others[core_at], 0);
  return others != FitEdges{};
}

FitResult fit_benchmark(BenchmarkProblem const& problem, GnfwParameters const& start,
                        std::optional<double> fixed_core, std::function<bool()> give_up) {
  double const pivot = problem.pivot;
  // The optimiser asks for the residuals where it wants to go, and once more when it is there.
  FitPoint at{};
  std::optional<FoldedResiduals> rows;
  auto const evaluate = [&](FitPoint const& q, double* residuals, double* jacobian) {
    if (!rows || q != at) rows = problem.residuals(at = q);
    for (std::ptrdiff_t row = 0; row < n_folded; ++row) {
      auto const* const folded = rows->data() + n_folded * row;
      residuals[row] = folded[n_fit_coordinates];
      if (jacobian) std::copy_n(folded, n_fit_coordinates, jacobian + n_fit_coordinates * row);
    }
  };
  // With a core the loss has long valleys: a larger core, another mass slope of P0, or xc and beta
  // without bound change it by a percent or two, in the test clusters by nothing. A pull of 0.1% of
  // the loss that no sphere can avoid for a factor of e holds the profile where it makes sense.
  double const pull = fixed_core ? 0 : std::sqrt(std::max(0.0, 1e-3 * problem.scatter));
  return minimise({.n_residuals = n_folded,
                   .evaluate = evaluate,
                   .floor = problem.scatter,
                   .home = to_point({.core = 0.02}, pivot),
                   .pull = pull,
                   .core_is_fixed = fixed_core.has_value(),
                   .give_up = std::move(give_up)},
                  pivot, start_point(start, pivot, fixed_core));
}

FitResult fit_flux(std::span<FluxCluster const> clusters, std::int64_t n_radii, double h,
                   std::int64_t n_mass_bins, GnfwParameters const& start) {
  require(!clusters.empty(), ExitCode::bad_data, "a fit needs at least one training cluster");
  std::vector<double> m200c;
  for (auto const& cluster : clusters) m200c.push_back(cluster.m200c_1e10msunh);
  double const pivot = mean_log_mass(m200c, h);
  FluxProblem problem{.clusters = clusters,
                      .bins = equal_bins(m200c, n_mass_bins),
                      .masses = {},
                      .rules = bin_rules(n_radii),
                      .gas = {}};
  for (auto const& bin : problem.bins) problem.masses.push_back(few_masses(problem, bin, h, pivot));
  problem.gas = stacked_gas(problem);

  auto const n_rules = problem.rules.size();
  auto const evaluate = [&](FitPoint const& q, double* residuals, double* jacobian) {
    std::size_t row = 0;
    for (std::size_t b = 0; b < problem.bins.size(); ++b) {
      auto const model = stacked_model(problem, b, q);
      for (std::size_t k = 0; k < n_rules; ++k, ++row) {
        double const weight = k + 1 == n_rules ? std::sqrt(10 * real(n_rules)) : 1.0;
        residuals[row] = weight * (model[k].value / problem.gas[b][k] - 1);
        for (std::size_t d = 0; jacobian && d < n_fit_coordinates; ++d)
          jacobian[n_fit_coordinates * row + d] = weight * model[k].slope[d] / problem.gas[b][k];
      }
    }
  };
  // A factor e away from the start costs as much as 2% of Y at one radius: enough to hold the fit
  // where profiles make sense. With 0.001 it converges as fast, but where the gas falls
  // exponentially (the mock) it leaves for the edge, beta = 1e4, whose slopes of -4 with ln mass
  // are of no use for haloes below the fitted ones.
  auto const home = to_point(start, pivot);
  return minimise({.n_residuals = static_cast<int>(problem.bins.size() * n_rules),
                   .evaluate = evaluate,
                   .floor = 0,
                   .home = home,
                   .pull = 0.02,
                   .core_is_fixed = true},
                  pivot, home);
}

}  // namespace setsz
