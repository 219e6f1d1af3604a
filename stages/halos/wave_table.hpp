// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <span>

namespace setsz {

/// How a round gas appears to waves: F(q) = 4 pi integral p(x) x^2 sin(q x)/(q x) dx, at nodes
/// evenly spaced in ln q. F(0) is the integral over the volume; F is also the transform of the
/// projection onto a plane. x = r/R200, so that q = k R200 has no unit.
class WaveTable {
 public:
  static constexpr std::size_t n_nodes = 64;
  /// From where F is F(0), to 1e-4, to where it is 1e-5 of it.
  static constexpr double q_first = 0.03, q_last = 300;
  static double node(std::size_t i);

  WaveTable() = default;
  /// Of shells: gas[i] lies at the radius (i + 1/2) step [R200].
  WaveTable(std::span<double const> gas, double step);

  std::span<double, n_nodes> values() { return values_; }
  std::span<double const, n_nodes> values() const { return values_; }
  /// F, cubic in ln q: to 4e-4 for q < 3, 3e-3 for q < 10 (profiles that end at x = 4, whose edge
  /// makes F ripple). Before the first node the first value, beyond the last 0.
  double at(double ln_q) const;

 private:
  std::array<double, n_nodes> values_{};
};

}  // namespace setsz
