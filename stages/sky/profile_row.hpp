// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <vector>

#include "stages/halos/table_node.hpp"
#include "stages/sky/row_points.hpp"

namespace setsz {

/// A spherical profile seen from a distance: y along the true line of sight depends on the impact
/// parameter b = D sin(angle) alone. Without trigonometry per pixel.
///
/// In two steps: points of rings are given their places in the table row by row, then the values
/// there are looked up for many rows together. Rows of a flat image have their values at once.
class ProfileRow {
 public:
  /// So many numbers beyond the last may be set: loops in blocks need no remainder.
  static constexpr int padding = 15;

  /// \param table        surface brightness at b = i b_cut / (size - 2); the last two entries are 0
  /// \param sin_radius   b_cut / D, the sine of the angle at which the profile ends (< 1)
  void begin(SkyDirection const& centre, std::span<float const> table, double sin_radius);
  /// \return true: the places are set, to be looked up; false: the values are.
  bool place(RingPoints const& points, float* places, double* values) const;
  bool place(FlatPoints const& points, float* places, double* values) const;
  /// \pre n + padding places can be read, and so many values set
  void look_up(float const* places, int n, double* values) const;

 private:
  double z0_ = 0, s0_ = 0, per_sine_ = 0;
  std::span<float const> table_;
  std::vector<TableNode> nodes_;
};

}  // namespace setsz
