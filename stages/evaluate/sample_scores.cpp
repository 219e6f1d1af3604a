// SPDX-License-Identifier: BSD-3-Clause
#include "stages/evaluate/sample_scores.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/text.hpp"
#include "stages/common/central_band.hpp"
#include "stages/common/equal_bins.hpp"

namespace setsz {
namespace {

using nlohmann::json;
using Clusters = std::vector<SampledCluster>;

constexpr double one_sigma = 0.68, two_sigma = 0.95;
constexpr double inner_r200 = 0.5, shell_range_r200 = 2;  // what "inner" means in the report

double mean(std::vector<double> const& values) {
  double sum = 0;
  for (double const value : values) sum += value;
  return sum / real(values.size());
}

/// A statistic of one number a cluster, with intervals over clusters drawn with replacement.
json with_interval(std::vector<double> const& values, BootstrapSettings const& settings,
                   std::function<double(std::vector<double> const&)> const& statistic) {
  std::vector<double> samples;
  for (std::int64_t i = 0; i < settings.resamples; ++i) {
    Random random(static_cast<std::uint64_t>(settings.seed), Purpose::bootstrap,
                  static_cast<std::uint64_t>(i));
    std::vector<double> drawn;
    for (std::size_t k = 0; k < values.size(); ++k)
      drawn.push_back(values[random.below(values.size())]);
    samples.push_back(statistic(drawn));
  }
  auto const interval = interval_of(samples);
  return {{"value", statistic(values)},
          {"interval_68", {interval.p16, interval.p84}},
          {"interval_95", {interval.p2_5, interval.p97_5}}};
}

template <class Value>
std::vector<double> each(Clusters const& clusters, Value const& value) {
  std::vector<double> values;
  for (auto const& cluster : clusters) values.push_back(value(cluster));
  return values;
}

/// Of one shell, by sample.
std::vector<double> shell_of(SampledCluster const& cluster, std::int64_t shell) {
  std::vector<double> values;
  for (std::int64_t k = 0; k < cluster.n_samples(); ++k)
    values.push_back(cluster.profile[k * cluster.n_shells() + shell]);
  return values;
}

/// Relative departures of the samples and of the gas from the mean of the samples.
struct Departures {
  std::vector<std::vector<double>> samples;  ///< (n_samples, n_shells)
  std::vector<double> gas;                   ///< (n_shells)
};
Departures departures_of(SampledCluster const& cluster) {
  Departures result;
  result.samples.resize(cluster.n_samples());
  for (std::int64_t shell = 0; shell < cluster.n_shells(); ++shell) {
    auto const values = shell_of(cluster, shell);
    double const middle = mean(values);
    auto const relative = [&](double p) { return middle > 0 ? p / middle - 1 : 0; };
    for (std::size_t k = 0; k < values.size(); ++k)
      result.samples[k].push_back(relative(values[k]));
    result.gas.push_back(relative(cluster.gas[shell]));
  }
  return result;
}

double rms(std::vector<double> const& values) {
  double sum = 0;
  for (double const value : values) sum += value * value;
  return std::sqrt(sum / real(values.size()));
}

double correlation(std::vector<double> const& a, std::vector<double> const& b) {
  double const mean_a = mean(a), mean_b = mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

json losses(Clusters const& clusters, BootstrapSettings const& settings) {
  auto const ratio = [&](auto const& loss) {
    auto const values =
        each(clusters, [&](SampledCluster const& c) { return loss(c) / c.loss_benchmark; });
    return with_interval(values, settings, median);
  };
  return {{"reconstructed", ratio([](auto const& c) { return c.loss_reconstructed; })},
          {"sampled", ratio([](auto const& c) { return mean(c.loss); })},
          {"mean_of_samples", ratio([](auto const& c) { return c.loss_of_mean; })},
          {"reconstructed_over_mean",
           with_interval(
               each(clusters, [](auto const& c) { return c.loss_reconstructed / c.loss_of_mean; }),
               settings, median)}};
}

double profile_coverage(SampledCluster const& cluster, double held) {
  double inside = 0;
  for (std::int64_t shell = 0; shell < cluster.n_shells(); ++shell)
    inside += central_band(shell_of(cluster, shell), held).holds(cluster.gas[shell]);
  return inside / real(cluster.n_shells());
}

json coverage(Clusters const& clusters, BootstrapSettings const& settings) {
  json report;
  for (auto const& [name, held] : {std::pair("68", one_sigma), std::pair("95", two_sigma)}) {
    report[concat("profile_", name)] = with_interval(
        each(clusters, [share = held](auto const& c) { return profile_coverage(c, share); }),
        settings, mean);
    report[concat("y_", name)] =
        with_interval(each(clusters,
                           [share = held](auto const& c) {
                             return real(central_band(c.y, share).holds(c.y_gas));
                           }),
                      settings, mean);
  }
  auto shells = json::array();
  for (std::int64_t shell = 0; shell < clusters.front().n_shells(); ++shell)
    shells.push_back(mean(each(clusters, [&](auto const& c) {
      return real(central_band(shell_of(c, shell), one_sigma).holds(c.gas[shell]));
    })));
  report["profile_68_by_shell"] = shells;
  return report;
}

/// rms of all departures within so many R200.
double spread_of(std::vector<std::vector<double>> const& departures, double radius) {
  std::vector<double> all;
  for (auto const& row : departures)
    for (std::size_t s = 0; s < row.size(); ++s)
      if (shell_range_r200 * real(s + 1) / real(row.size()) <= radius) all.push_back(row[s]);
  return rms(all);
}

json spread(Clusters const& clusters, std::int64_t n_bins) {
  auto bins = json::array();
  for (auto const& bin :
       equal_bins(each(clusters, [](auto const& c) { return c.m200c; }), n_bins)) {
    std::vector<std::vector<double>> samples, gas;
    std::vector<double> y_samples, y_gas;
    for (auto const member : bin.members) {
      auto const& cluster = clusters[member];
      auto const departures = departures_of(cluster);
      samples.insert(samples.end(), departures.samples.begin(), departures.samples.end());
      gas.push_back(departures.gas);
      for (double const y : cluster.y) y_samples.push_back(y / mean(cluster.y) - 1);
      y_gas.push_back(cluster.y_gas / mean(cluster.y) - 1);
    }
    bins.push_back({{"m200c_low", bin.low},
                    {"m200c_high", bin.high},
                    {"clusters", bin.members.size()},
                    {"profile_samples", spread_of(samples, 1)},
                    {"profile_gas", spread_of(gas, 1)},
                    {"y_samples", rms(y_samples)},
                    {"y_gas", rms(y_gas)}});
  }
  return bins;
}

/// Mean departure of the shells from one radius to another.
double part_of(std::vector<double> const& departures, double from, double to) {
  double sum = 0, n = 0;
  for (std::size_t s = 0; s < departures.size(); ++s) {
    double const middle = shell_range_r200 * (real(s) + 0.5) / real(departures.size());
    if (middle >= from && middle < to) sum += departures[s], n += 1;
  }
  return n > 0 ? sum / n : 0;
}

/// How inner and outer pressure of samples, and of the gas, depart together.
json covariance(Clusters const& clusters) {
  std::vector<std::vector<double>> samples, gas;
  for (auto const& cluster : clusters) {
    auto const departures = departures_of(cluster);
    samples.insert(samples.end(), departures.samples.begin(), departures.samples.end());
    gas.push_back(departures.gas);
  }
  auto const inner_outer = [](std::vector<std::vector<double>> const& rows) {
    std::vector<double> inner, outer;
    for (auto const& row : rows) {
      inner.push_back(part_of(row, 0, inner_r200));
      outer.push_back(part_of(row, inner_r200, 2 * inner_r200));
    }
    return correlation(inner, outer);
  };
  auto const matrix = [](std::vector<std::vector<double>> const& rows) {
    auto result = json::array();
    std::vector<std::vector<double>> columns(rows.front().size());
    for (auto const& row : rows)
      for (std::size_t s = 0; s < row.size(); ++s) columns[s].push_back(row[s]);
    for (auto const& a : columns) {
      std::vector<double> line;
      for (auto const& b : columns) line.push_back(correlation(a, b));
      result.push_back(line);
    }
    return result;
  };
  return {{"inner_r200", {0, inner_r200}},
          {"outer_r200", {inner_r200, 2 * inner_r200}},
          {"samples", inner_outer(samples)},
          {"gas", inner_outer(gas)},
          {"correlation_of_shells_samples", matrix(samples)},
          {"correlation_of_shells_gas", matrix(gas)}};
}

/// Where a mode changes its sign first [R200]; null: nowhere.
json sign_change(std::vector<double> const& mode) {
  for (std::size_t s = 1; s < mode.size(); ++s)
    if (mode[s - 1] * mode[s] < 0) return shell_range_r200 * real(s) / real(mode.size());
  return nullptr;
}

json components(std::vector<std::vector<double>> const& rows) {
  if (rows.size() < 3 || rows.front().empty()) return nullptr;
  auto const found = principal_components(rows);
  constexpr std::size_t n_shown = 3;
  json report = {{"explained",
                  std::vector<double>(found.explained.begin(), found.explained.begin() + n_shown)},
                 {"modes", json::array()},
                 {"sign_change_r200", json::array()}};
  for (std::size_t m = 0; m < n_shown; ++m) {
    report["modes"].push_back(found.modes[m]);
    report["sign_change_r200"].push_back(sign_change(found.modes[m]));
  }
  return report;
}

json latent(Clusters const& clusters, BootstrapSettings const& settings) {
  auto const values = each(clusters, [](auto const& c) { return mean(c.nats); });
  return {{"nats", with_interval(values, settings, mean)}, {"nats_of_clusters", values}};
}

json by_cluster(Clusters const& clusters) {
  auto list = json::array();
  for (auto const& c : clusters) {
    auto const loss = interval_of(c.loss), y = interval_of(c.y);
    list.push_back(
        {{"cluster", c.row},
         {"loss_reconstructed", c.loss_reconstructed},
         {"loss_sampled", mean(c.loss)},
         {"loss_percentiles", {loss.p2_5, loss.p16, median(c.loss), loss.p84, loss.p97_5}},
         {"y_percentiles", {y.p2_5, y.p16, median(c.y), y.p84, y.p97_5}},
         {"profile_gas", c.gas}});
  }
  return list;
}

}  // namespace

PrincipalComponents principal_components(std::vector<std::vector<double>> rows) {
  constexpr double largest = 4;
  auto const n = static_cast<Eigen::Index>(rows.front().size());
  Eigen::MatrixXd table(static_cast<Eigen::Index>(rows.size()), n);
  for (Eigen::Index s = 0; s < n; ++s) {
    std::vector<double> column;
    for (auto const& row : rows) column.push_back(row[static_cast<std::size_t>(s)]);
    double const middle = mean(column);
    for (auto& value : column) value -= middle;
    double const deviation = rms(column);
    for (std::size_t i = 0; i < column.size(); ++i)
      table(static_cast<Eigen::Index>(i), s) =
          deviation > 0 ? std::clamp(column[i] / deviation, -largest, largest) : 0;
  }
  Eigen::RowVectorXd const middle = table.colwise().mean();
  table.rowwise() -= middle;
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(table.transpose() * table);
  PrincipalComponents result;
  double const total = solver.eigenvalues().sum();
  for (Eigen::Index m = n - 1; m >= 0; --m) {  // Eigen's order is ascending
    result.explained.push_back(total > 0 ? solver.eigenvalues()(m) / total : 0);
    Eigen::VectorXd mode = solver.eigenvectors().col(m);
    if (mode(0) < 0) mode = -mode;
    result.modes.emplace_back(mode.data(), mode.data() + n);
  }
  return result;
}

json sample_report(std::vector<SampledCluster> const& clusters, std::int64_t n_bins,
                   BootstrapSettings const& settings) {
  std::vector<std::vector<double>> residuals, samples;
  for (auto const& cluster : clusters) {
    residuals.push_back(cluster.residual);
    for (auto& row : departures_of(cluster).samples) samples.push_back(std::move(row));
  }
  return {{"n_samples", clusters.front().n_samples()},
          {"L_opt", losses(clusters, settings)},
          {"coverage", coverage(clusters, settings)},
          {"spread_by_mass", spread(clusters, n_bins)},
          {"covariance", covariance(clusters)},
          {"components_of_residuals", components(residuals)},
          {"components_of_samples", components(samples)},
          {"latent", latent(clusters, settings)},
          {"clusters", by_cluster(clusters)}};
}

}  // namespace setsz
