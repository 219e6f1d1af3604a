// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/spread_factor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "pipeline/base/number.hpp"

namespace setsz {

double spread_factor(std::span<ShellDeparture const> shells) {
  constexpr double held = 0.6827;  // of a normal distribution within one deviation
  std::vector<double> ratios;
  for (auto const& shell : shells) {
    double const departure = std::abs(shell.gas - shell.predicted);
    ratios.push_back(shell.spread > 0 ? departure / shell.spread
                                      : std::numeric_limits<double>::infinity());
  }
  auto const place = static_cast<std::ptrdiff_t>(held * real(ratios.size() - 1) + 0.5);
  std::ranges::nth_element(ratios, ratios.begin() + place);
  return ratios[static_cast<std::size_t>(place)];
}

}  // namespace setsz
