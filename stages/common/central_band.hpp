// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

namespace setsz {

/// Ends of the central band that holds the part `held` of what the samples are drawn from, so that
/// another draw falls into it with this probability however few samples there are (Weibull's
/// plotting positions). \pre not empty
struct Band {
  double low, high;
  bool holds(double value) const { return low <= value && value <= high; }
};
Band central_band(std::vector<double> samples, double held);

}  // namespace setsz
