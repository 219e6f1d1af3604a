// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

namespace setsz {

/// A Gaussian beam, on spherical profiles: convolved where they are round, before they are put
/// into pixels. Flat around each halo; what it adds up to does not change.
class Beam {
 public:
  /// No beam.
  Beam() = default;
  /// \param fwhm  full width at half maximum [rad]
  explicit Beam(double fwhm);

  bool is_on() const { return sigma_ > 0; }
  double sigma() const { return sigma_; }  ///< [rad]
  /// It ends here [rad]: 5.5 sigma; what lies beyond, 3e-7 of it, is put into the rest.
  double reach() const { return 5.5 * sigma_; }

  /// Convolves a projected profile.
  /// \param profile  at b = i b_cut / (size - 2), the last two 0
  /// \param b_cut    [rad]
  /// \param table    gets the convolved one at b = i (b_cut + reach()) / (size - 2), the last two 0
  void convolve(std::span<double const> profile, double b_cut, std::span<double> table) const;

 private:
  double at(std::span<double const> profile, double b_cut, double b) const;

  double sigma_ = 0;
  mutable std::vector<double> nodes_, values_;
};

/// Means over the discs within b_i of a profile that is linear between the nodes b_i = i step.
void disc_means(std::span<double const> profile, double step, std::span<double> means);

}  // namespace setsz
