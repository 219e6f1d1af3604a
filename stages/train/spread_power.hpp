// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>

namespace setsz {

/// Range of the powers of spread_sample that are tried.
constexpr double smallest_power = 0.25, largest_power = 8;

/// The power with which the bands of the samples hold the part `held` of what they should hold.
/// Found by halving the range in the logarithm, to 1%; an end of the range if no power within it
/// does.
///
/// \param coverage  part that the bands hold with a power; grows with it, but for noise
double spread_power(std::function<double(double power)> const& coverage, double held);

}  // namespace setsz
