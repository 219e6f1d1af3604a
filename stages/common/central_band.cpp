// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/central_band.hpp"

#include <algorithm>

#include "pipeline/base/number.hpp"

namespace setsz {

Band central_band(std::vector<double> samples, double held) {
  std::ranges::sort(samples);
  auto const at = [&](double part) {
    double const place =
        std::clamp(part * real(samples.size() + 1) - 1, 0.0, real(samples.size() - 1));
    auto const below = static_cast<std::size_t>(place);
    auto const above = std::min(below + 1, samples.size() - 1);
    return samples[below] + (place - real(below)) * (samples[above] - samples[below]);
  };
  return {at((1 - held) / 2), at((1 + held) / 2)};
}

}  // namespace setsz
