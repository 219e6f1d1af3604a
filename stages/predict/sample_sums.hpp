// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/common/radial_shells.hpp"

namespace setsz {

/// Shells of the profiles that are kept of each sample, as published for residuals.
inline constexpr std::int64_t n_profile_shells = 32;

/// What is kept of the samples of a prediction of one cluster: sums over its voxels, which are
/// added voxel by voxel while the cubes themselves come and go. For each sample: the pressure in
/// each shell, the pressure, the squared error.
class SampleSums {
 public:
  explicit SampleSums(std::int64_t n_samples) : numbers_(n_samples * row, 0) {}
  /// Sums that `numbers` gave.
  explicit SampleSums(std::span<double const> numbers) : numbers_(numbers.begin(), numbers.end()) {}

  std::span<double const> numbers() const { return numbers_; }
  static std::int64_t size(std::int64_t n_samples) { return n_samples * row; }

  /// \param pressure, truth  P/P200 of the voxel
  void add(std::int64_t sample, std::span<RadialShells::Share const> shares, double pressure,
           double truth);

  /// Mean P/P200 of a shell of this volume [voxels].
  double profile(std::int64_t sample, std::int64_t shell, double volume) const {
    return volume > 0 ? at(sample, shell) / volume : 0;
  }
  double sum(std::int64_t sample) const { return at(sample, n_profile_shells); }
  double squared_error(std::int64_t sample) const { return at(sample, n_profile_shells + 1); }

 private:
  static constexpr std::int64_t row = n_profile_shells + 2;
  double at(std::int64_t sample, std::int64_t i) const { return numbers_[sample * row + i]; }

  std::vector<double> numbers_;
};

}  // namespace setsz
