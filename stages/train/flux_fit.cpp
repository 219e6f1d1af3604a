// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/flux_fit.hpp"

#include <cmath>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/mass_bins.hpp"

namespace setsz {

FluxCorrection fit_flux_correction(std::span<FluxSample const> samples, std::int64_t n_bins) {
  std::vector<double> masses;
  for (auto const& sample : samples) masses.push_back(sample.m200c);
  FluxCorrection correction;
  for (auto const& members : mass_bins(masses, n_bins)) {
    FluxCorrection::Bin bin{.mass_low = members.m200c_low, .mass_high = members.m200c_high};
    double y_pred = 0, y_gas = 0;
    for (auto const i : members.members) {
      bin.ln_mass += std::log(samples[i].m200c) / real(members.members.size());
      y_pred += samples[i].y_pred;
      y_gas += samples[i].y_gas;
      ++bin.n;
    }
    bin.factor = y_gas / y_pred;
    require(std::isfinite(bin.factor) && bin.factor > 0, ExitCode::diverged,
            "the flux of the predictions cannot be corrected: between ", 1e10 * bin.mass_low,
            " and ", 1e10 * bin.mass_high, " Msun/h the network's Y adds up to ", y_pred,
            ", that of the gas to ", y_gas,
            " (kpc/h)^2; is the network trained? [train] flux_bins = 0 leaves it out");
    bool const same_mass =
        !correction.bins.empty() && correction.bins.back().ln_mass >= bin.ln_mass;
    if (!same_mass) correction.bins.push_back(bin);
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
