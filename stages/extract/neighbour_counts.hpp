// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace setsz {

/// Points in space, a coordinate in an array of its own.
struct PointSpans {
  std::span<double const> x, y, z;
};

/// For each point the number of points at less than `distance` from it, itself among them.
///
/// Sixteen points are compared with one at a time, in single precision; what that cannot decide is
/// counted again in double: the numbers are those of |q - p|^2 < distance^2 in double.
///
/// \param points     any unit, |x|, |y|, |z| < half_side
/// \param half_side  of the cube that holds them: its cells, with edges of `distance`, are counted
///                   out in columns
std::vector<std::int32_t> neighbour_counts(PointSpans const& points, double half_side,
                                           double distance);

}  // namespace setsz
