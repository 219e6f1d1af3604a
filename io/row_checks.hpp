// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>

namespace setsz {

/// The result of a quick check of coordinates; a suspicious one calls for the slow check of each
/// value.
struct CoordinateCheck {
  bool all_inside = true;   ///< 0 <= x < edge, so none is NaN
  bool any_zero = false;    ///< exactly 0: missing data?
  bool any_beyond = false;  ///< x > far: the box is filled further out
};
/// \param edge  of the box, in the unit of the coordinates
template <class T>
CoordinateCheck check_coordinates(std::span<T const> coordinates, double edge, double far);

/// Is every |number| at most `limit`, and so none NaN or infinite?
template <class T>
bool all_within(std::span<T const> numbers, double limit);

bool any_zero(std::span<std::uint64_t const> numbers);

}  // namespace setsz
