// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>

namespace setsz {

/// Pressure of a sample whose departure from the pressure of the code 0 is made larger by a power:
/// P_0 (P/P_0)^power, at most a factor 3 either way, or what the network itself says; linear where
/// one of them is 0. Not negative.
///
/// A network knows its training clusters, so that its code has less to say of them than of new
/// ones: samples scatter by a third of what the gas does. The power is fitted to clusters that
/// taught nothing (stages/train). Larger codes would not do it: the layers behind them saturate.
/// Without a limit a voxel or two with large departures would decide the mean of the samples.
inline double spread_sample(double without_code, double sample, double power) {
  constexpr double largest_log = 1.0986122886681098;  // ln 3
  if (without_code <= 0 || sample <= 0)
    return std::max(0.0, without_code + power * (sample - without_code));
  double const departure = std::log(sample / without_code);
  double const limit = std::max(largest_log, std::abs(departure));
  return without_code * std::exp(std::clamp(power * departure, -limit, limit));
}

}  // namespace setsz
