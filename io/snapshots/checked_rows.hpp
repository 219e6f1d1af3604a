// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/snapshots/format.hpp"

namespace setsz {

/// Rows of one file, value by value: what cannot be true is refused with file, field and row. Slow;
/// blocks that pass a quick look (looks_good) need it not.
class CheckedRows {
 public:
  enum class Zeros { allowed, refused };

  CheckedRows(SnapshotFile const& file, std::string const& path, ParticleKind kind)
      : file_(file), path_(path), kind_(kind) {}

  /// Refuses what is no number or negative, and zeros where they make no sense.
  void numbers(ParticleField field, Range rows, std::span<double> into, Zeros zeros) const;
  /// Refuses numbers above `most`, with what that would mean ("full ionisation is 1.158").
  void at_most(ParticleField field, Range rows, std::span<double const> values, double most,
               std::string_view meaning) const;
  /// Refuses masses that are no numbers, not positive, or more than a cluster has.
  void masses(Range rows, std::span<double> into) const;
  /// Refuses velocities that are no numbers, or above that of light.
  void velocities(Range rows, std::span<Vec3> into) const;
  /// Refuses vectors that are no numbers.
  void vectors(ParticleField field, Range rows, std::span<Vec3> into) const;
  /// Wraps positions that are outside the box by rounding; refuses those further out, and runs of
  /// zeros. \return  how many were wrapped
  std::int64_t positions(Range rows, std::span<Vec3> into, double box_ckpch) const;
  /// Refuses runs of zeros. \pre kind is dark_matter
  void ids(Range rows, std::span<std::uint64_t> into) const;

 private:
  /// " (id 7)" of dark matter.
  std::string who(std::int64_t row) const;
  void refuse_zeros(Range rows, std::span<Vec3 const> positions) const;

  SnapshotFile const& file_;
  std::string const& path_;
  ParticleKind kind_;
};

// What no particle exceeds. Sums and pressures of numbers within these limits are finite.
inline constexpr double largest_velocity_kms = 3e5;       // of light
inline constexpr double largest_particle_mass = 3.163e6;  // 10^16.5 Msun/h, [1e10 Msun/h]
/// Comoving [1e10 Msun/h (ckpc/h)^-3]: 1e14 times the mean, 1e8 hydrogen atoms per cm3 today.
inline constexpr double largest_density = 1e6;

/// If a thousand particles are all closer to the origin than this fraction of the box, their unit
/// is not that of the box.
inline constexpr double smallest_extent = 2e-3;

/// Does a block need no look at its values one by one?
/// \param any_beyond  set if a coordinate is above smallest_extent of the box
bool looks_good(DarkMatterBlock const& block, double box_ckpch, bool& any_beyond);

}  // namespace setsz
