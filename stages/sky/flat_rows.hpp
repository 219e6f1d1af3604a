// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>

#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/sky/ring_parts.hpp"

namespace setsz {

enum class FlatProjection { gnomonic, equal_area };

/// A plane on which the sky around a direction is projected from it: x towards the east, y towards
/// the north, distance tan(theta) (gnomonic, TAN) or 2 sin(theta/2) (zenithal equal-area, ZEA) from
/// the middle at an angle theta.
/// \source Calabretta & Greisen (2002), A&A 395, 1077, sections 5.1.3 and 5.1.7, with LONPOLE = 180
struct FlatPlane {
  FlatProjection projection;
  double longitude, latitude;  ///< of the middle [rad]
  Vec3 east, north, middle;    ///< unit vectors

  FlatPlane(FlatProjection projection, double longitude, double latitude);
  /// A direction is scale (x east + y north) + depth middle.
  struct Factors {
    double scale, depth;
    double sr;  ///< solid angle over area in the plane
  };
  /// \param r2  x^2 + y^2
  Factors factors(double r2) const;
  Vec3 direction(double x, double y) const;
  double radius_at(double angle) const;
  double angle_at(double radius) const;
  /// Of a length in the plane on the sky, towards the middle and across.
  struct Scales {
    double radial, across;
  };
  Scales scales_at(double angle) const;
};

/// Part of a row of pixels [first, last) on a plane, from north to south and eastwards.
struct FlatArc {
  std::int64_t first, last;
  FlatPlane const* plane;
  double x_first, x_step, y;
  /// Of pixel first + i.
  Vec3 direction(RingCircle const& /*none*/, std::int64_t i) const {
    return plane->direction(x_first + x_step * real(i), y);
  }
};

/// The rows of a flat image: n_rows x n_columns pixels around a direction, column 0 in the west,
/// and the rows and columns around it, as far as haloes may reach that it shows in part. So rows
/// have no end; those of the image are n_columns long.
///
/// Values are per area of the plane: that of a pixel is the same everywhere. Parts of pixels lie
/// southwards (a) and eastwards (b).
class FlatRows {
 public:
  /// No corner of an image may be farther from its middle than this [rad].
  static double largest_angle(FlatProjection projection);

  /// \param longitude, latitude  of the middle [rad] \param pixel  side of a pixel there [rad]
  FlatRows(FlatProjection projection, double longitude, double latitude, double pixel,
           std::int64_t n_columns, std::int64_t n_rows);

  FlatPlane const& plane() const { return plane_; }
  /// From the middle of the image to its corners [rad].
  double corner_angle() const {
    return plane_.angle_at(pixel_ * std::hypot(real(n_columns_), real(n_rows_)) / 2);
  }
  std::int64_t n_rings() const { return n_rows_ + 2 * beyond_; }
  std::int64_t pixels_in(std::int64_t /*row*/) const { return endless; }
  /// Of the image.
  std::int64_t n_pixels() const { return n_columns_ * n_rows_; }
  /// Those of the image within a margin around it [rad].
  Range columns(double margin) const { return widened({0, n_columns_}, margin); }
  Range rows(double margin) const { return widened({beyond_ + 1, beyond_ + 1 + n_rows_}, margin); }
  /// Rows, or columns, within an angle of any pixel of the image and a margin around it, or more.
  std::int64_t pixels_across(double angle, double margin) const;
  /// Of the image; empty above and below it.
  Range whole_ring(std::int64_t row) const { return rows(0).contains(row) ? columns(0) : Range{}; }
  /// In the plane.
  double pixel_area(std::int64_t /*row*/) const { return pixel_ * pixel_; }
  /// Solid angle of a pixel [sr].
  double solid_angle(std::int64_t row, std::int64_t column) const;
  double pixel_size() const { return pixel_; }
  PixelSides pixel_sides(Vec3 const& direction) const;
  double largest_pixel_radius() const { return largest_radius_; }
  /// Lines of the plane are bent, which matters where pixels are large.
  bool has_bent_edges(std::int64_t /*row*/) const;

  /// The number of the row that shows a direction, or of the first or last one.
  double row_at(Vec3 const& direction) const;
  /// Of a row, or of a column, that does not belong to the image if the plane does not show it.
  RingPixel pixel_at(Vec3 const& direction) const;
  /// Rows lie on none.
  static RingCircle circle(std::int64_t /*row*/, PixelPart /*part*/) { return {0, 0}; }
  template <class Visit>
  void for_each_arc(std::int64_t row, PixelPart part, std::int64_t first, std::int64_t last,
                    Visit&& visit) const {
    double const from_top = real(row) + part.along_a - real(n_rings() + 1) / 2;
    double const from_west = real(first) + part.along_b - real(n_columns_ - 1) / 2;
    visit(FlatArc{first, last, &plane_, from_west * pixel_, pixel_, -from_top * pixel_});
  }

  /// What a disc on the sky may touch in the plane: an ellipse.
  struct Ellipse {
    double x, y, towards_x, towards_y;  ///< middle [pixels], direction of its axis `a`
    double a, b;                        ///< [pixels]; 0: the plane shows nothing of the disc
    bool is_whole;                      ///< the plane shows all of the disc
  };
  Ellipse ellipse(Vec3 const& centre, double angle) const;
  Range rows_within(Ellipse const& ellipse) const;
  Range columns_within(Ellipse const& ellipse, std::int64_t row) const;

 private:
  static constexpr std::int64_t endless = std::int64_t{1} << 40;
  Range widened(Range pixels, double margin) const;

  FlatPlane plane_;
  double pixel_;
  std::int64_t n_columns_, n_rows_;
  double end_angle_, end_;  ///< the plane is used within this circle [rad], [pixels]
  std::int64_t beyond_;     ///< rows above the image, and below
  double largest_radius_;
};

}  // namespace setsz
