// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace setsz {

/// A count or a stored value as a double, a computed value as a stored float: the two conversions
/// that -Wconversion wants to see in numerical code.
template <class Number>
constexpr double real(Number value) {
  return static_cast<double>(value);
}
template <class Number>
constexpr float single(Number value) {
  return static_cast<float>(value);
}

}  // namespace setsz
