// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "stages/sky/stamp.hpp"

namespace setsz {

/// Integrals of a spherical profile over pixels near its centre, from the pixels' edges alone.
///
/// In Lambert's equal-area plane around the centre the profile y(u), u = X^2 + Y^2, is the
/// divergence of m(u)/2 (X, Y), where m is the mean of y within the circle of u. So the integral
/// over a pixel is that of m/2 (X dY - Y dX) along its edges. m is smooth where y peaks, whatever
/// lies in a pixel; neighbours share their edges, so that nothing is lost between them.
class ProfileCore {
 public:
  explicit ProfileCore(RingGeometry const& geometry) : geometry_(geometry) {}

  /// \param mean        m at b = i b_cut / (size - 2), b = D sin(angle)
  /// \param sin_radius  b_cut / D
  /// \param softening   the profile does not change over less than this [rad]
  void begin(SkyDirection const& centre, std::span<double const> mean, double sin_radius,
             double softening);
  /// Some pixels of a ring, to be integrated with the others.
  void add(std::int64_t ring, Range pixels);
  /// The profile's mean over each of the pixels, in the order in which they were added.
  std::span<double const> averages();

 private:
  struct Line {
    double x0, y0, x1, y1;
  };
  /// Of HEALPix, the quadrant in which all pixels lie, and go on with equal corners; none near the
  /// poles.
  std::optional<std::int64_t> common_quadrant(HealpixRings const& rings) const;
  void integrate_shared_edges(HealpixRings const& rings, std::int64_t quadrant);
  void place_corners();
  void list_edges(std::size_t n_edges);
  void integrate_each_pixel(std::span<PixelPart const> around, std::size_t n);
  void place(std::int64_t ring, PixelPart part, Range pixels, double* x, double* y) const;
  /// Integral of m/2 (X dY - Y dX) along a straight line that passes the centre closely.
  double along(Line const& line) const;

  RingGeometry geometry_;
  SkyDirection const* centre_ = nullptr;
  std::span<double const> mean_;
  double per_sine_ = 0, limit_ = 0, softening2_ = 0;
  struct Row {
    std::int64_t ring;
    Range pixels;
  };
  std::vector<Row> rows_;
  std::vector<double> x_, y_, sums_, widths_;  ///< (points around a pixel, pixels), (pixels)

  /// The edges between a ring and the one before it: of western corner v, first <= v <= last, that
  /// to its pixel's northern corner (at `begin` + v - first) and, as many later, that to the
  /// northern corner of the pixel before.
  struct Strip {
    std::int64_t first, last;
    std::size_t begin;
    std::size_t size() const { return static_cast<std::size_t>(last - first + 1); }
  };
  struct CornerRow {
    HealpixRings::Corners corners;
    std::int64_t first, last;
    std::size_t begin;  ///< in x_, y_
  };
  std::vector<Strip> strips_;
  std::vector<CornerRow> corner_rows_;
  std::vector<double> x0_, y0_, x1_, y1_, integrals_;  ///< (edges)
};

}  // namespace setsz
