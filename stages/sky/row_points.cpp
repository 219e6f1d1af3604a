// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/row_points.hpp"

#include "pipeline/base/dispatch.hpp"

namespace setsz {
namespace {

/// From what is common to a row, at each point: factors of the plane's axes.
SETSZ_DISPATCH
void gnomonic(double x_first, double x_step, double y, int n, double* __restrict scale,
              double* __restrict depth, double* __restrict sr) {
  for (int i = 0; i < n; ++i) {
    double const x = x_first + x_step * i, cosine = 1 / std::sqrt(1 + x * x + y * y);
    scale[i] = depth[i] = cosine;
    sr[i] = cosine * cosine * cosine;
  }
}

SETSZ_DISPATCH
void equal_area(double x_first, double x_step, double y, int n, double* __restrict scale,
                double* __restrict depth, double* __restrict sr) {
  for (int i = 0; i < n; ++i) {
    double const x = x_first + x_step * i, r2 = x * x + y * y, left = 1 - r2 / 4;
    scale[i] = std::sqrt(left > 0 ? left : 0);
    depth[i] = 1 - r2 / 2;
    sr[i] = 1;
  }
}

SETSZ_DISPATCH
void along_axis(double x_first, double x_step, double of_x, double of_y, double of_middle, int n,
                double const* __restrict scale, double const* __restrict depth,
                double* __restrict result) {
  for (int i = 0; i < n; ++i)
    result[i] = scale[i] * (of_x * (x_first + x_step * i) + of_y) + of_middle * depth[i];
}

}  // namespace

void FlatPoints::place(std::int64_t first, int n, Places& places) const {
  double scale[Places::most], depth[Places::most];
  double const start = x_first + x_step * real(first);
  (plane->projection == FlatProjection::gnomonic ? gnomonic : equal_area)(start, x_step, y, n,
                                                                          scale, depth, places.sr);
  auto const along = [&](std::size_t axis, double* result) {
    along_axis(start, x_step, along_x[axis], along_y[axis] * y, along_middle[axis], n, scale, depth,
               result);
  };
  along(0, places.x);
  along(1, places.y);
  along(2, places.toward);
}

FlatPoints seen_from(SkyDirection const& centre, RingCircle const& /*none*/, FlatArc const& arc) {
  auto const& plane = *arc.plane;
  Mat3 const to_local = centre.to_local();
  return {&plane,
          to_local * plane.east,
          to_local * plane.north,
          to_local * plane.middle,
          arc.x_first,
          arc.x_step,
          arc.y,
          arc.last - arc.first};
}

}  // namespace setsz
