// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/sample_sums.hpp"

namespace setsz {

void SampleSums::add(std::int64_t sample, std::span<RadialShells::Share const> shares,
                     double pressure, double truth) {
  double* const sums = numbers_.data() + sample * row;
  for (auto const& [shell, part] : shares) sums[shell] += part * pressure;
  sums[n_profile_shells] += pressure;
  sums[n_profile_shells + 1] += (pressure - truth) * (pressure - truth);
}

}  // namespace setsz
