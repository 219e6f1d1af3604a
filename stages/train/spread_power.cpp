// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/spread_power.hpp"

#include <cmath>

namespace setsz {

double spread_power(std::function<double(double power)> const& coverage, double held) {
  constexpr double accuracy = 0.01;
  if (coverage(smallest_power) >= held) return smallest_power;
  if (coverage(largest_power) < held) return largest_power;
  double low = smallest_power, high = largest_power;
  while (std::log(high / low) > accuracy) {
    double const middle = std::sqrt(low * high);
    (coverage(middle) < held ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

}  // namespace setsz
