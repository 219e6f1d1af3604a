// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

#include "model/flux_correction.hpp"

namespace setsz {

/// A cluster's Y as the network gives it and as the gas has it, from the same voxels. Trivially
/// copyable.
struct FluxSample {
  double m200c = 0;    ///< [1e10 Msun/h]
  double y_pred = 0;   ///< [(kpc/h)^2], like y_gas
  double y_outer = 0;  ///< y_pred weighted with flux_share
  double y_gas = 0;
  double weight = 1;  ///< in the sums of a bin
};

/// Range of the strength. With few clusters one bright one decides the sum of a bin, and would ask
/// for more than outskirts can plausibly hold.
inline constexpr double weakest_flux = -0.5, strongest_flux = 2;

/// Cuts the clusters by mass into bins of nearly equal numbers. With the correction, which is
/// linear between the bins, the Y of the predictions adds up to that of the gas in each bin: in the
/// sum, so that bright clusters count as they do in a map; but no strength leaves its range. Fewer
/// bins where there are fewer clusters or masses. \pre not empty Throws Error(diverged) where a
/// bin's sums are not positive and finite.
FluxCorrection fit_flux_correction(std::span<FluxSample const> samples, std::int64_t n_bins);

/// Sum of Y predicted, multiplied by the correction, over that of the gas; NaN without clusters.
double flux_ratio(std::span<FluxSample const> samples, FluxCorrection const& correction);

}  // namespace setsz
