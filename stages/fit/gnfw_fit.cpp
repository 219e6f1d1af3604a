// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/gnfw_fit.hpp"

#include <ceres/ceres.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

/// The optimiser's coordinates: ln of P0, xc, beta at the pivot, then their slopes with ln mass,
/// both relative to the clusters' mean ln mass, where amplitude and slope hardly mix.
using Point = std::array<double, 6>;
constexpr double low_log = -9.2, high_log = 9.2;  // amplitudes within 1e-4 ... 1e4
constexpr double slope_limit = 5;

double log_mass(double m200c_1e10msunh, double h) {
  return std::log(m200c_1e10msunh * 1e10 / h / 1e14);
}

Point to_point(GnfwParameters const& p, double pivot) {
  return {std::log(p.A_P0) + p.a_P0 * pivot,
          std::log(p.A_xc) + p.a_xc * pivot,
          std::log(p.A_beta) + p.a_beta * pivot,
          p.a_P0,
          p.a_xc,
          p.a_beta};
}

GnfwParameters to_parameters(Point const& q, double pivot) {
  return {.A_P0 = std::exp(q[0] - q[3] * pivot),
          .a_P0 = q[3],
          .A_xc = std::exp(q[1] - q[4] * pivot),
          .a_xc = q[4],
          .A_beta = std::exp(q[2] - q[5] * pivot),
          .a_beta = q[5]};
}

/// p/P200 and its derivatives by ln P0, ln xc, ln beta.
struct Profile {
  double value;
  std::array<double, 3> slope;
};

Profile profile(std::array<double, 3> const& logs, double r_over_r200) {
  GnfwShape const shape{std::exp(logs[0]), std::exp(logs[1]), std::exp(logs[2])};
  double const y = (r_over_r200 + gnfw_radius_floor) / shape.xc;
  double const p = gnfw(shape, r_over_r200);
  return {p, {p, p * (-shape.gamma + shape.beta * y / (1 + y)), -p * shape.beta * std::log1p(y)}};
}

std::array<double, 3> logs_at(double const* q, double mass) {
  return {q[0] + q[3] * mass, q[1] + q[4] * mass, q[2] + q[5] * mass};
}

/// Residuals of one parameter block with the derivatives by the same block, row by row.
using ResidualFunction =
    std::function<void(double const* point, double* residuals, double* jacobian)>;

class Residuals : public ceres::CostFunction {
 public:
  Residuals(int n_residuals, ResidualFunction evaluate) : evaluate_(std::move(evaluate)) {
    set_num_residuals(n_residuals);
    mutable_parameter_block_sizes()->push_back(6);
  }
  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    evaluate_(parameters[0], residuals, jacobians ? jacobians[0] : nullptr);
    return true;
  }

 private:
  ResidualFunction evaluate_;
};

/// Ends where a long valley has nothing more to give: no gain above 1e-9 in 50 steps.
class StopInFlatValley : public ceres::IterationCallback {
 public:
  explicit StopInFlatValley(double floor) : floor_(floor) {}
  ceres::CallbackReturnType operator()(ceres::IterationSummary const& step) override {
    costs_.push_back(step.cost);
    constexpr std::size_t window = 50;
    if (costs_.size() <= window) return ceres::SOLVER_CONTINUE;
    double const gain = costs_[costs_.size() - 1 - window] - step.cost;
    return gain <= 1e-9 * (step.cost + floor_) ? ceres::SOLVER_TERMINATE_SUCCESSFULLY
                                               : ceres::SOLVER_CONTINUE;
  }

 private:
  double floor_;
  std::vector<double> costs_;
};

/// \param floor  what the cost has beside the residuals' squares, times 2: decides what is a gain
FitResult minimise(int n_residuals, ResidualFunction evaluate, double pivot,
                   GnfwParameters const& start, double floor) {
  Point q = to_point(start, pivot);
  ceres::Problem problem;
  problem.AddResidualBlock(new Residuals(n_residuals, std::move(evaluate)), nullptr, q.data());
  for (int i = 0; i < 6; ++i) {
    double const low = i < 3 ? low_log : -slope_limit, high = i < 3 ? high_log : slope_limit;
    auto& value = q[i];
    value = std::clamp(value, low, high);
    problem.SetParameterLowerBound(q.data(), i, low);
    problem.SetParameterUpperBound(q.data(), i, high);
  }
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 3000;
  options.function_tolerance = 1e-15;
  options.gradient_tolerance = 1e-13;
  options.parameter_tolerance = 1e-12;
  options.num_threads = 1;
  options.logging_type = ceres::SILENT;
  StopInFlatValley stop_in_flat_valley(floor / 2);
  options.callbacks.push_back(&stop_in_flat_valley);
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  bool at_bound = false;
  for (std::size_t i = 0; i < 6; ++i) {
    double const limit = i < 3 ? high_log : slope_limit;
    at_bound = at_bound || std::abs(q[i]) > 0.999 * limit;
  }
  return {to_parameters(q, pivot), 2 * summary.final_cost,
          summary.termination_type == ceres::CONVERGENCE ||
              summary.termination_type == ceres::USER_SUCCESS,
          at_bound, summary.message};
}

double mean_log_mass(std::span<FitCluster const> clusters, double h) {
  double sum = 0;
  for (auto const& cluster : clusters) sum += log_mass(cluster.m200c_1e10msunh, h);
  return sum / real(clusters.size());
}

/// Nodes and weights of 4 pi x^2 dx in one radial bin.
struct BinRule {
  std::vector<double> x, weight;
};

/// Gauss-Legendre of 5 points in `n_panels` parts, denser towards the centre in the first bin.
std::vector<BinRule> bin_rules(std::int64_t n_bins) {
  constexpr std::array<double, 5> node{-0.9061798459386640, -0.5384693101056831, 0,
                                       0.5384693101056831, 0.9061798459386640};
  constexpr std::array<double, 5> weight{0.2369268850561891, 0.4786286704993665, 0.5688888888888889,
                                         0.4786286704993665, 0.2369268850561891};
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
      for (std::size_t i = 0; i < node.size(); ++i) {
        double const x = middle + half * node[i];
        rules[bin].x.push_back(x);
        rules[bin].weight.push_back(half * weight[i] * 4 * std::numbers::pi * x * x);
      }
    }
  }
  return rules;
}

/// What the flux fit compares: clusters in bins of mass, Y within some radii.
struct FluxProblem {
  std::span<FitCluster const> clusters;
  std::span<double const> y_weight;
  std::vector<double> masses;  ///< ln mass relative to the pivot, by cluster
  std::vector<MassBin> bins;
  std::vector<BinRule> rules;            ///< by radius
  std::vector<std::vector<double>> gas;  ///< Y_gas(<r), (bin, radius)
};

/// Y_gas(<r) of each mass bin's clusters together.
std::vector<std::vector<double>> stacked_gas(FluxProblem const& problem) {
  auto const n_radii = std::ssize(problem.rules);
  std::vector<std::vector<double>> gas;
  std::vector<std::vector<double>> shares;
  CubeLattice lattice{0, 0};  // that of the shares: one for all, unless cubes have a fixed size
  for (auto const& bin : problem.bins) {
    gas.emplace_back(problem.rules.size(), 0);
    for (auto const member : bin.members) {
      auto const& sums = *problem.clusters[member].sums;
      if (sums.lattice.n != lattice.n ||
          std::abs(sums.lattice.edge_r200 - lattice.edge_r200) > 1e-9) {
        lattice = sums.lattice;
        shares = shares_within(lattice, n_radii);
      }
      auto const within = pressure_within(sums, shares);
      for (std::size_t k = 0; k < within.size(); ++k)
        gas.back()[k] += problem.y_weight[member] * within[k];
    }
    require(gas.back()[0] > 0, ExitCode::bad_data,
            "no gas pressure at the centre of the clusters from ", bin.m200c_low, " to ",
            bin.m200c_high, " x 1e10 Msun/h; do gas and halo catalogue belong together?");
  }
  return gas;
}

/// Y_model(<r) of a mass bin by radius, its derivatives by the point first, the value last.
std::vector<std::array<double, 7>> stacked_model(FluxProblem const& problem, MassBin const& bin,
                                                 double const* q) {
  std::vector<std::array<double, 7>> within(problem.rules.size(), std::array<double, 7>{});
  for (auto const member : bin.members) {
    double const mass = problem.masses[member];
    auto const logs = logs_at(q, mass);
    for (std::size_t k = 0; k < within.size(); ++k)
      for (std::size_t i = 0; i < problem.rules[k].x.size(); ++i) {
        auto const [p, slope] = profile(logs, problem.rules[k].x[i]);
        double const weight = problem.y_weight[member] * problem.rules[k].weight[i];
        within[k][6] += weight * p;
        for (std::size_t d = 0; d < 3; ++d) {
          within[k][d] += weight * slope[d];
          within[k][3 + d] += weight * slope[d] * mass;
        }
      }
  }
  for (std::size_t k = 1; k < within.size(); ++k)
    for (std::size_t d = 0; d < 7; ++d) within[k][d] += within[k - 1][d];
  return within;
}

}  // namespace

GnfwParameters fit_start(std::int64_t seed, std::int64_t fold, std::int64_t number) {
  GnfwParameters start;
  if (number == 0) return start;
  Random random(static_cast<std::uint64_t>(seed), Purpose::fit_start,
                static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(fold));
  for (double* amplitude : {&start.A_P0, &start.A_xc, &start.A_beta})
    *amplitude *= std::exp(0.7 * random.normal());
  for (double* slope : {&start.a_P0, &start.a_xc, &start.a_beta}) *slope += 0.3 * random.normal();
  return start;
}

FitResult fit_benchmark(std::span<FitCluster const> clusters, double h,
                        GnfwParameters const& start) {
  require(!clusters.empty(), ExitCode::bad_data, "a fit needs at least one training cluster");
  double const pivot = mean_log_mass(clusters, h);
  // Loss = mean over voxels of (p - g)^2 = sum over shells of count (mean - g)^2 + what no
  // spherical model can change; the optimiser sees the former, cost adds the latter.
  int n_residuals = 0;
  double floor = 0;
  for (auto const& cluster : clusters) {
    auto const& sums = *cluster.sums;
    n_residuals += static_cast<int>(sums.count.size());
    double scatter = sums.pressure2;
    for (std::size_t s = 0; s < sums.count.size(); ++s)
      if (sums.count[s] > 0) scatter -= sums.pressure[s] * sums.pressure[s] / sums.count[s];
    floor += scatter / sums.n_voxels;
  }
  auto const n_clusters = real(clusters.size());
  auto const evaluate = [&](double const* q, double* residuals, double* jacobian) {
    std::size_t row = 0;
    for (auto const& cluster : clusters) {
      auto const& sums = *cluster.sums;
      double const mass = log_mass(cluster.m200c_1e10msunh, h) - pivot;
      auto const logs = logs_at(q, mass);
      for (std::size_t s = 0; s < sums.count.size(); ++s, ++row) {
        double const r = sums.lattice.shell_radius_r200(static_cast<std::int64_t>(s));
        auto const [p, slope] = profile(logs, r);
        double const n = sums.count[s];
        double const weight = std::sqrt(n / sums.n_voxels / n_clusters);
        residuals[row] = n > 0 ? weight * (p - sums.pressure[s] / n) : 0;
        if (!jacobian) continue;
        for (std::size_t i = 0; i < 3; ++i) {
          jacobian[6 * row + i] = weight * slope[i];
          jacobian[6 * row + 3 + i] = weight * slope[i] * mass;
        }
      }
    }
  };
  FitResult result = minimise(n_residuals, evaluate, pivot, start, floor / n_clusters);
  result.cost += floor / n_clusters;
  return result;
}

FitResult fit_flux(std::span<FitCluster const> clusters, std::span<double const> y_weight, double h,
                   std::int64_t n_mass_bins, GnfwParameters const& start) {
  require(!clusters.empty(), ExitCode::bad_data, "a fit needs at least one training cluster");
  double const pivot = mean_log_mass(clusters, h);
  std::int64_t radii = 20;  // as many as the coarsest cube allows
  std::vector<double> m200c, masses;
  for (auto const& cluster : clusters) {
    radii = std::min(radii, n_radii(cluster.sums->lattice));
    m200c.push_back(cluster.m200c_1e10msunh);
    masses.push_back(log_mass(cluster.m200c_1e10msunh, h) - pivot);
  }
  FluxProblem problem{.clusters = clusters,
                      .y_weight = y_weight,
                      .masses = masses,
                      .bins = mass_bins(m200c, n_mass_bins),
                      .rules = bin_rules(radii),
                      .gas = {}};
  problem.gas = stacked_gas(problem);

  auto const home = to_point(start, pivot);
  auto const n_rules = problem.rules.size();
  auto const evaluate = [&](double const* q, double* residuals, double* jacobian) {
    std::size_t row = 0;
    for (std::size_t b = 0; b < problem.bins.size(); ++b) {
      auto const model = stacked_model(problem, problem.bins[b], q);
      for (std::size_t k = 0; k < n_rules; ++k, ++row) {
        double const weight = k + 1 == n_rules ? std::sqrt(10 * real(n_rules)) : 1.0;
        residuals[row] = weight * (model[k][6] / problem.gas[b][k] - 1);
        for (std::size_t d = 0; jacobian && d < 6; ++d)
          jacobian[6 * row + d] = weight * model[k][d] / problem.gas[b][k];
      }
    }
    // A factor e away from the start costs as much as 2% of Y at one radius: enough to hold the fit
    // where profiles make sense. With 0.001 it converges as fast, but where the gas falls
    // exponentially (the mock) it leaves for the edge, beta = 1e4, whose slopes of -4 with ln mass
    // are of no use for haloes below the fitted ones.
    constexpr double pull = 0.02;
    for (std::size_t i = 0; i < 6; ++i, ++row) {
      residuals[row] = pull * (q[i] - home[i]);
      for (std::size_t d = 0; jacobian && d < 6; ++d) jacobian[6 * row + d] = d == i ? pull : 0;
    }
  };
  auto const n_residuals = static_cast<int>(problem.bins.size() * n_rules + 6);
  return minimise(n_residuals, evaluate, pivot, start, 0);
}

}  // namespace setsz
