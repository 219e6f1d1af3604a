// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <vector>

namespace setsz {

/// A round beam as a function of the angle from its centre.
class BeamKernel {
 public:
  /// \param fwhm  [rad]
  static BeamKernel gaussian(double fwhm);
  /// B(theta) = sum over l of (2 l + 1)/(4 pi) B_l P_l(cos theta).
  /// \param window  B_l for l = 0, 1, ...; B_0 = 1. Throws Error(config) if more than 1e-3 of the
  ///                beam lies beyond 10 degrees
  static BeamKernel of_window(std::span<double const> window);

  /// Nothing, or less than 1e-3 of the beam, lies beyond this angle [rad].
  double reach() const { return reach_; }
  /// Full width at half maximum [rad].
  double fwhm() const { return fwhm_; }
  /// \param chord2  4 sin^2(theta/2) \return  up to a factor
  double at(double chord2) const {
    double const place = chord2 * per_step_;
    if (place >= static_cast<double>(table_.size() - 1)) return 0;
    auto const i = static_cast<std::size_t>(place);
    return table_[i] + (place - static_cast<double>(i)) * (table_[i + 1] - table_[i]);
  }

 private:
  template <class Beam>
  BeamKernel(double reach, double fwhm, Beam const& of_angle);
  double reach_, fwhm_, per_step_;
  std::vector<double> table_;  ///< at equal steps of chord2
};

/// B_l for l = 0, 1, ... of a text file with two columns, l (ascending) and B_l of a map (not of a
/// power spectrum), divided by the first; linear between the l that are given. Lines that begin
/// with # are skipped. Throws Error with file and line.
std::vector<double> read_beam_window(std::string const& path);

}  // namespace setsz
