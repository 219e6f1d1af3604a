// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>

#include "pipeline/base/number.hpp"
#include "stages/sky/stamp.hpp"

namespace setsz {

/// A spherical profile seen from a distance: y along the true line of sight depends on the impact
/// parameter b = D sin(angle) alone. Without trigonometry per pixel. Sets the values.
class ProfileRow {
 public:
  /// \param table        surface brightness at b = i b_cut / (size - 2); the last two entries are 0
  /// \param sin_radius   b_cut / D, the sine of the angle at which the profile ends (< 1)
  ProfileRow(SkyDirection const& centre, std::span<float const> table, double sin_radius)
      : z0_(centre.z),
        s0_(centre.s),
        table_(table),
        per_sine_(real(table.size() - 2) / sin_radius) {}
  void operator()(RingPoints const& points, double* values) const;
  void operator()(FlatPoints const& points, double* values) const;

 private:
  double z0_, s0_;
  std::span<float const> table_;
  double per_sine_;
};

}  // namespace setsz
