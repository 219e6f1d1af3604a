// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/wave_table.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

double const ln_first = std::log(WaveTable::q_first);
double const ln_step =
    std::log(WaveTable::q_last / WaveTable::q_first) / real(WaveTable::n_nodes - 1);

}  // namespace

double WaveTable::node(std::size_t i) { return std::exp(ln_first + ln_step * real(i)); }

WaveTable::WaveTable(std::span<double const> gas, double step) {
  // sin at equal steps of its argument, of all nodes at once: sin(a + d) = 2 cos d sin a - sin(a -
  // d)
  std::array<double, n_nodes> before, here, twice_cosine;
  for (std::size_t j = 0; j < n_nodes; ++j) {
    double const angle = node(j) * step;
    here[j] = std::sin(angle / 2);
    before[j] = -here[j];
    twice_cosine[j] = 2 * std::cos(angle);
  }
  for (std::size_t i = 0; i < gas.size(); ++i) {
    double const per_radius = gas[i] / (step * (real(i) + 0.5));
    for (std::size_t j = 0; j < n_nodes; ++j) {
      values_[j] += per_radius * here[j];
      double const next = twice_cosine[j] * here[j] - before[j];
      before[j] = here[j];
      here[j] = next;
    }
  }
  for (std::size_t j = 0; j < n_nodes; ++j) values_[j] /= node(j);
}

double WaveTable::at(double ln_q) const {
  double const place = std::max((ln_q - ln_first) / ln_step, 0.0);
  if (place > real(n_nodes - 1)) return 0;
  auto const first = std::min(static_cast<std::size_t>(std::max(place - 1, 0.0)), n_nodes - 4);
  double const t = place - real(first) - 1;  // of four nodes at -1, 0, 1, 2
  auto const* f = values_.data() + first;
  return -t * (t - 1) * (t - 2) / 6 * f[0] + (t + 1) * (t - 1) * (t - 2) / 2 * f[1] -
         (t + 1) * t * (t - 2) / 2 * f[2] + (t + 1) * t * (t - 1) / 6 * f[3];
}

}  // namespace setsz
