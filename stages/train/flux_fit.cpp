// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/flux_fit.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/mass_bins.hpp"

namespace setsz {

namespace {

/// Bins of nearly equal numbers; those of the same single mass are one.
std::vector<MassBin> distinct_bins(std::span<FluxSample const> samples, std::int64_t n_bins) {
  std::vector<double> masses;
  for (auto const& sample : samples) masses.push_back(sample.m200c);
  std::vector<MassBin> bins;
  for (auto& bin : mass_bins(masses, n_bins)) {
    if (bins.empty() || bins.back().m200c_low < bin.m200c_high)
      bins.push_back(std::move(bin));
    else
      bins.back().members.insert(bins.back().members.end(), bin.members.begin(), bin.members.end());
  }
  return bins;
}

/// Sum of Y of the gas over that of the predictions, corrected, in one bin.
double gas_over_predicted(std::span<FluxSample const> samples, MassBin const& bin,
                          FluxCorrection const& correction) {
  double y_pred = 0, y_gas = 0;
  for (auto const i : bin.members) {
    y_pred += samples[i].weight * correction.at(samples[i].m200c) * samples[i].y_pred;
    y_gas += samples[i].weight * samples[i].y_gas;
  }
  require(std::isfinite(y_pred) && std::isfinite(y_gas) && y_pred > 0 && y_gas > 0,
          ExitCode::diverged, "the flux of the predictions cannot be corrected: between ",
          1e10 * bin.m200c_low, " and ", 1e10 * bin.m200c_high,
          " Msun/h the network's Y adds up to ", y_pred, ", that of the gas to ", y_gas,
          " (kpc/h)^2; is the network trained? [train] flux_bins = 0 leaves it out");
  return y_gas / y_pred;
}

}  // namespace

FluxCorrection fit_flux_correction(std::span<FluxSample const> samples, std::int64_t n_bins) {
  auto const bins = distinct_bins(samples, n_bins);
  FluxCorrection correction;
  for (auto const& members : bins) {
    auto& bin = correction.bins.emplace_back();
    bin.mass_low = members.m200c_low, bin.mass_high = members.m200c_high;
    bin.n = std::ssize(members.members);
    for (auto const i : members.members) bin.ln_mass += std::log(samples[i].m200c) / real(bin.n);
  }
  // The clusters of a bin feel the factors of its neighbours too: each step mends half of what is
  // left of every bin.
  constexpr int max_steps = 500;
  constexpr double converged = 1e-12;
  double left = 1;
  for (int step = 0; step < max_steps && left > converged; ++step) {
    auto const before = correction;
    left = 0;
    for (std::size_t b = 0; b < bins.size(); ++b) {
      double const ratio = gas_over_predicted(samples, bins[b], before);
      correction.bins[b].factor *= std::sqrt(ratio);
      left = std::max(left, std::abs(ratio - 1));
    }
  }
  return correction;
}

double flux_ratio(std::span<FluxSample const> samples, FluxCorrection const& correction) {
  double y_pred = 0, y_gas = 0;
  for (auto const& sample : samples) {
    y_pred += correction.at(sample.m200c) * sample.y_pred;
    y_gas += sample.y_gas;
  }
  return y_pred / y_gas;
}

}  // namespace setsz
