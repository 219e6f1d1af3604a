// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/score_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/equal_bins.hpp"

namespace setsz {
namespace {

using nlohmann::json;
using Scores = std::span<ClusterScore const>;

std::vector<double> each(Scores scores, double (*value)(ClusterScore const&)) {
  std::vector<double> values;
  values.reserve(scores.size());
  for (auto const& score : scores) values.push_back(value(score));
  return values;
}

double sum(Scores scores, double (*value)(ClusterScore const&)) {
  double total = 0;
  for (auto const& score : scores) total += value(score);
  return total;
}

double loss_ratio(ClusterScore const& score) { return score.ratio(); }
double loss(ClusterScore const& score) { return score.loss; }
double benchmark_loss(ClusterScore const& score) { return score.loss_benchmark; }
double y_pred(ClusterScore const& score) { return score.y_pred; }
double y_gas(ClusterScore const& score) { return score.y_gas; }
double y_benchmark(ClusterScore const& score) { return score.y_benchmark; }
double y_ratio(ClusterScore const& score) { return score.y_pred / score.y_gas; }
double y_benchmark_ratio(ClusterScore const& score) { return score.y_benchmark / score.y_gas; }

double median_ratio(Scores scores) { return median(each(scores, loss_ratio)); }
double mean_ratio(Scores scores) { return sum(scores, loss_ratio) / real(scores.size()); }
double ratio_of_sums(Scores scores) { return sum(scores, loss) / sum(scores, benchmark_loss); }
double y_of_sums(Scores scores) { return sum(scores, y_pred) / sum(scores, y_gas); }
double y_mean(Scores scores) { return sum(scores, y_ratio) / real(scores.size()); }

/// The figures that get intervals.
struct Figure {
  char const* name;
  double (*of)(Scores);
};
constexpr std::array figures{Figure{"L_opt", median_ratio}, Figure{"mean_ratio", mean_ratio},
                             Figure{"ratio_of_sums", ratio_of_sums},
                             Figure{"sum_pred_over_gas", y_of_sums},
                             Figure{"mean_pred_over_gas", y_mean}};
constexpr std::size_t n_losses = 3;  // the first ones; fluxes follow

/// The figures of a table and of its bootstrap samples.
class Sampled {
 public:
  Sampled(ScoreTable const& table, Quoted quoted, BootstrapSettings const& settings,
          std::string_view model)
      : table_(table), quoted_(quoted) {
    Resampler const resampler(table_, quoted_, settings.seed, model);
    for (std::int64_t i = 0; i < settings.resamples; ++i) {
      auto const sample = resampler.draw(i);
      for (std::size_t f = 0; f < figures.size(); ++f) samples_[f].push_back(figures[f].of(sample));
    }
  }

  Scores scores() const { return table_.clusters; }
  Quoted quoted() const { return quoted_; }
  /// Each network's own figure.
  std::vector<double> of_seeds(Figure const& figure) const {
    std::vector<double> values;
    for (std::size_t seed = 0; seed < static_cast<std::size_t>(table_.n_seeds); ++seed) {
      auto its = table_.clusters;
      for (std::size_t i = 0; i < its.size(); ++i) {
        its[i].loss = table_.seeds_of(i)[seed].loss;
        its[i].y_pred = table_.seeds_of(i)[seed].y_pred;
      }
      values.push_back(figure.of(its));
    }
    return values;
  }

  void add(json& report, std::size_t f, std::string const& name) const {
    auto const interval = interval_of(samples_[f]);
    report[name] = value(figures[f]);
    report[name + "_68"] = {interval.p16, interval.p84};
    report[name + "_95"] = {interval.p2_5, interval.p97_5};
  }
  void add_losses(json& report) const {
    for (std::size_t f = 0; f < n_losses; ++f) add(report, f, figures[f].name);
  }
  void add_fluxes(json& report) const {
    for (std::size_t f = n_losses; f < figures.size(); ++f) add(report, f, figures[f].name);
  }

 private:
  double value(Figure const& figure) const {
    if (quoted_ == Quoted::mean_of_networks) return figure.of(table_.clusters);
    double mean = 0;
    for (double const value : of_seeds(figure)) mean += value / real(table_.n_seeds);
    return mean;
  }

  ScoreTable const& table_;
  Quoted quoted_;
  std::array<std::vector<double>, figures.size()> samples_;
};

/// Root mean square of ln(Y/Y of the gas) about its mean.
double scatter(std::vector<double> const& ratios) {
  double first = 0, second = 0;
  for (double const ratio : ratios) {
    first += std::log(ratio);
    second += std::log(ratio) * std::log(ratio);
  }
  auto const n = real(ratios.size());
  return std::sqrt(std::max(0.0, second / n - first * first / (n * n)));
}

json y_report(Sampled const& sampled) {
  json report;
  sampled.add_fluxes(report);
  if (sampled.quoted() == Quoted::one_network) return report;
  auto const scores = sampled.scores();
  report["median_pred_over_gas"] = median(each(scores, y_ratio));
  report["scatter_ln_pred"] = scatter(each(scores, y_ratio));
  report["sum_benchmark_over_gas"] = sum(scores, y_benchmark) / sum(scores, y_gas);
  report["median_benchmark_over_gas"] = median(each(scores, y_benchmark_ratio));
  report["scatter_ln_benchmark"] = scatter(each(scores, y_benchmark_ratio));
  return report;
}

json by_mass(ScoreTable const& table, Quoted quoted, ScoreReportSettings const& settings,
             std::string_view model) {
  std::vector<double> masses;
  for (auto const& score : table.clusters) masses.push_back(score.m200c);
  auto bins = json::array();
  for (auto const& bin : equal_bins(masses, settings.mass_bins)) {
    json entry = {
        {"m200c_low", bin.low}, {"m200c_high", bin.high}, {"clusters", bin.members.size()}};
    auto const members = table.subset(bin.members);
    Sampled const sampled(members, quoted, settings.bootstrap, model);
    sampled.add(entry, 0, "median_ratio");
    entry["y"] = y_report(sampled);
    bins.push_back(std::move(entry));
  }
  return bins;
}

/// Losses, Y, and both by mass.
json figures_of(ScoreTable const& table, Quoted quoted, ScoreReportSettings const& settings,
                std::string_view model) {
  json report;
  Sampled const sampled(table, quoted, settings.bootstrap, model);
  sampled.add_losses(report);
  report["y"] = y_report(sampled);
  report["mass_bins"] = by_mass(table, quoted, settings, model);
  if (quoted == Quoted::one_network) report["L_opt_of_seeds"] = sampled.of_seeds(figures.front());
  return report;
}

/// As the networks gave it. Its seeds are not known by themselves: intervals hold the clusters.
ScoreTable without_flux_correction(ScoreTable table) {
  table.n_seeds = 0;
  table.seeds.clear();
  for (auto& score : table.clusters) {
    score.loss = score.loss_uncorrected;
    score.y_pred /= score.flux_factor;
    score.flux_factor = 1;
  }
  return table;
}

bool is_corrected(ScoreTable const& table) {
  return std::any_of(table.clusters.begin(), table.clusters.end(),
                     [](ClusterScore const& score) { return score.flux_factor != 1; });
}

}  // namespace

json score_report(ScoreTable const& table, ScoreReportSettings const& settings,
                  std::string_view model) {
  require(!table.clusters.empty(), ExitCode::bad_data, "no cluster to score");
  auto report = figures_of(table, Quoted::mean_of_networks, settings, model);
  report["n_clusters"] = table.clusters.size();
  report["n_seeds"] = std::max<std::int64_t>(1, table.n_seeds);
  report["interval_holds"] = table.n_seeds > 1 ? "clusters and training seeds" : "clusters";
  if (table.n_seeds > 1)
    report["one_network"] = figures_of(table, Quoted::one_network, settings, model);
  report["flux_corrected"] = is_corrected(table);
  if (is_corrected(table))
    report["without_flux_correction"] =
        figures_of(without_flux_correction(table), Quoted::mean_of_networks, settings, model);
  return report;
}

}  // namespace setsz
