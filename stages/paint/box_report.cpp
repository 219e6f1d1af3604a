// SPDX-License-Identifier: BSD-3-Clause
#include "stages/paint/box_report.hpp"
#include "pipeline/base/number.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

namespace setsz {
namespace {

/// Where a falling curve crosses `level` first, linear in between; null if it does not.
nlohmann::json crossing(std::vector<double> const& k, std::vector<double> const& r, double level) {
  for (std::size_t i = 0; i < r.size(); ++i) {
    if (r[i] >= level) continue;
    if (i == 0) return k[0];
    return k[i - 1] + (k[i] - k[i - 1]) * (r[i - 1] - level) / (r[i - 1] - r[i]);
  }
  return nullptr;
}

}  // namespace

nlohmann::json spectra_report(GridSpectra const& spectra, std::int64_t n_grid, double box_ckpch,
                              bool with_truth) {
  double const box_mpch = box_ckpch / 1000, cells = std::pow(real(n_grid), 3);
  double const unit = std::pow(box_mpch, 3) / (cells * cells);
  std::vector<double> k, painted, truth, transfer, correlation;
  for (std::size_t b = 0; b < spectra.k.size(); ++b) {
    k.push_back(2 * std::numbers::pi / box_mpch * spectra.k[b]);
    painted.push_back(unit * spectra.first[b]);
    if (!with_truth) continue;
    truth.push_back(unit * spectra.second[b]);
    transfer.push_back(std::sqrt(spectra.first[b] / spectra.second[b]));
    correlation.push_back(spectra.crossed[b] / std::sqrt(spectra.first[b] * spectra.second[b]));
  }
  nlohmann::json report = {{"k", k},
                           {"modes", spectra.modes},
                           {"P_painted", painted},
                           {"window", "cloud in cell, not divided out"},
                           {"units", {{"k", "h/Mpc"}, {"P", "(code pressure)^2 (Mpc/h)^3"}}}};
  if (with_truth) {
    report["P_true"] = truth;
    report["T"] = transfer;
    report["r"] = correlation;
    report["k_at_r_0.9"] = crossing(k, correlation, 0.9);
    report["k_at_r_0.5"] = crossing(k, correlation, 0.5);
  }
  return report;
}

nlohmann::json y_by_mass(std::vector<ClusterY> clusters, std::int64_t n_bins) {
  std::sort(clusters.begin(), clusters.end(),
            [](ClusterY const& a, ClusterY const& b) { return a.mass < b.mass; });
  auto bins = nlohmann::json::array();
  auto const n = std::ssize(clusters);
  n_bins = std::min(n_bins, n);
  for (std::int64_t bin = 0; bin < n_bins; ++bin) {
    Range const rows = even_range(n, static_cast<int>(bin), static_cast<int>(n_bins));
    double painted = 0, gas = 0;
    for (std::int64_t i = rows.first; i < rows.last; ++i) {
      painted += clusters[i].painted;
      gas += clusters[i].gas;
    }
    bins.push_back({{"n", rows.size()},
                    {"mass_min_1e10msunh", clusters[rows.first].mass},
                    {"mass_max_1e10msunh", clusters[rows.last - 1].mass},
                    {"Y_painted_over_gas", painted / gas}});
  }
  return bins;
}

}  // namespace setsz
