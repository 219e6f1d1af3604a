// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>

namespace setsz {

/// Mean pressure of a shell of a cluster: of the gas, and of predictions with drawn codes.
struct ShellDeparture {
  double gas = 0;        ///< P/P200
  double predicted = 0;  ///< mean over the codes
  double spread = 0;     ///< standard deviation over the codes
};

/// Factor by which the spread of the predictions has to grow, so that a band of one standard
/// deviation on both sides of the mean holds the gas of 68% of the shells: the 68% quantile of
/// |gas - predicted| / spread. \pre not empty
double spread_factor(std::span<ShellDeparture const> shells);

}  // namespace setsz
