// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/flux_fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/equal_bins.hpp"

namespace setsz {

namespace {

/// Bins of nearly equal numbers; those of the same single mass are one.
std::vector<EqualBin> distinct_bins(std::span<FluxSample const> samples, std::int64_t n_bins) {
  std::vector<double> masses;
  for (auto const& sample : samples) masses.push_back(sample.m200c);
  std::vector<EqualBin> bins;
  for (auto& bin : equal_bins(masses, n_bins)) {
    if (bins.empty() || bins.back().low < bin.high)
      bins.push_back(std::move(bin));
    else
      bins.back().members.insert(bins.back().members.end(), bin.members.begin(), bin.members.end());
  }
  return bins;
}

/// What a bin lacks: Y of the gas less that of the predictions.
double lack_of(std::span<FluxSample const> samples, EqualBin const& bin) {
  double y_pred = 0, y_gas = 0;
  for (auto const i : bin.members) {
    y_pred += samples[i].weight * samples[i].y_pred;
    y_gas += samples[i].weight * samples[i].y_gas;
  }
  require(std::isfinite(y_pred) && std::isfinite(y_gas) && y_pred > 0 && y_gas > 0,
          ExitCode::diverged, "the flux of the predictions cannot be corrected: between ",
          1e10 * bin.low, " and ", 1e10 * bin.high, " Msun/h the network's Y adds up to ", y_pred,
          ", that of the gas to ", y_gas,
          " (kpc/h)^2; is the network trained? [train] flux_bins = 0 leaves it out");
  return y_gas - y_pred;
}

/// What a bin gains if one bin of the correction has strength 1 and the others 0.
double gain_of(std::span<FluxSample const> samples, EqualBin const& bin,
               FluxCorrection const& correction, std::size_t strong) {
  auto one = correction;
  one.bins[strong].strength = 1;
  double gain = 0;
  for (auto const i : bin.members)
    gain += samples[i].weight * one.strength(samples[i].m200c) * samples[i].y_outer;
  return gain;
}

}  // namespace

FluxCorrection fit_flux_correction(std::span<FluxSample const> samples, std::int64_t n_bins) {
  auto const bins = distinct_bins(samples, n_bins);
  FluxCorrection correction;
  for (auto const& members : bins) {
    auto& bin = correction.bins.emplace_back();
    bin.mass_low = members.low, bin.mass_high = members.high;
    bin.n = std::ssize(members.members);
    for (auto const i : members.members) bin.ln_mass += std::log(samples[i].m200c) / real(bin.n);
  }
  // The clusters of a bin feel the strengths of its neighbours too: as many equations as bins.
  auto const n = std::ssize(bins);
  Eigen::MatrixXd gains(n, n);
  Eigen::VectorXd lacks(n);
  for (Eigen::Index b = 0; b < n; ++b) {
    lacks[b] = lack_of(samples, bins[b]);
    for (Eigen::Index c = 0; c < n; ++c)
      gains(b, c) = gain_of(samples, bins[b], correction, static_cast<std::size_t>(c));
  }
  Eigen::VectorXd const strengths = gains.partialPivLu().solve(lacks);
  for (Eigen::Index b = 0; b < n; ++b) {
    correction.bins[b].strength =
        std::isfinite(strengths[b]) ? std::clamp(strengths[b], weakest_flux, strongest_flux) : 0;
  }
  return correction;
}

double flux_ratio(std::span<FluxSample const> samples, FluxCorrection const& correction) {
  double y_pred = 0, y_gas = 0;
  for (auto const& sample : samples) {
    y_pred += sample.y_pred + correction.strength(sample.m200c) * sample.y_outer;
    y_gas += sample.y_gas;
  }
  return y_pred / y_gas;
}

}  // namespace setsz
