// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/one_halo_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"

namespace setsz {

std::vector<std::int64_t> few_multipoles(std::int64_t l_max) {
  constexpr double per_decade = 20;
  std::vector<std::int64_t> all{2};
  for (double i = 1; all.back() < l_max; ++i) {
    auto const l = std::min<std::int64_t>(l_max, std::llround(2 * std::pow(10, i / per_decade)));
    if (l > all.back()) all.push_back(l);
  }
  return all;
}

OneHaloSpectrum::OneHaloSpectrum(std::span<std::int64_t const> multipoles)
    : values_(multipoles.size()), beyond_box_(multipoles.size()) {
  for (auto const l : multipoles) ln_l_.push_back(std::log(real(l) + 0.5));
}

void OneHaloSpectrum::add(WaveTable const& waves, double sr, double angle, double l_box) {
  double const ln_angle = std::log(angle), unit = sr * sr / (4 * std::numbers::pi);
  double const ln_l_box = std::log(l_box);  // of 0: before all
  for (std::size_t i = 0; i < values_.size(); ++i) {
    double const f = waves.at(ln_l_[i] + ln_angle);
    values_[i] += unit * f * f;
    if (ln_l_[i] < ln_l_box) beyond_box_[i] += unit * f * f;
  }
}

}  // namespace setsz
