// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>

#include "pipeline/base/error.hpp"
#include "pipeline/base/periodic_box.hpp"

namespace setsz {

/// A coordinate in a box of a known edge, rounding at the edge wrapped; nothing if it is further
/// out.
inline std::optional<double> wrapped_coordinate(double x_ckpch, double box_ckpch) {
  double const slack = 1e-5 * box_ckpch;
  if (!(x_ckpch >= -slack && x_ckpch <= box_ckpch + slack)) return {};  // nor NaN
  return PeriodicBox(box_ckpch).wrap(x_ckpch);
}

/// A coordinate in the box: rounding at the edge is wrapped, anything further out is an
/// Error(bad_data) that begins with `where(...)`. No check where the edge is not known (0).
template <class Where>
double box_coordinate(double x_ckpch, double box_ckpch, Where const& where) {
  if (box_ckpch <= 0) return x_ckpch;
  auto const wrapped = wrapped_coordinate(x_ckpch, box_ckpch);
  if (!wrapped)
    fail(ExitCode::bad_data, where(), " has a coordinate of ", x_ckpch,
         " ckpc/h, outside the box of ", box_ckpch);
  return *wrapped;
}

}  // namespace setsz
