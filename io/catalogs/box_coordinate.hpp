// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/base/error.hpp"
#include "pipeline/base/periodic_box.hpp"

namespace setsz {

/// A coordinate in the box: rounding at the edge is wrapped, anything further out is an
/// Error(bad_data) that begins with `where(...)`. No check where the edge is not known (0).
template <class Where>
double box_coordinate(double x_ckpch, double box_ckpch, Where const& where) {
  if (box_ckpch <= 0) return x_ckpch;
  double const slack = 1e-5 * box_ckpch;
  require(x_ckpch >= -slack && x_ckpch <= box_ckpch + slack, ExitCode::bad_data, where(),
          " has a coordinate of ", x_ckpch, " ckpc/h, outside the box of ", box_ckpch);
  return PeriodicBox(box_ckpch).wrap(x_ckpch);
}

}  // namespace setsz
