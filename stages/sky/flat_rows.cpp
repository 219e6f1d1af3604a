// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/flat_rows.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

using units::degree;

/// Haloes that an image shows in part are painted whole up to this angle beyond its corners.
constexpr double around_image = 30 * degree;
/// No plane is used beyond.
double farthest_angle(FlatProjection projection) {
  return projection == FlatProjection::gnomonic ? 75 * degree : 120 * degree;
}

}  // namespace

FlatPlane::FlatPlane(FlatProjection the_projection, double the_longitude, double the_latitude)
    : projection(the_projection), longitude(the_longitude), latitude(the_latitude) {
  double const sine = std::sin(longitude), cosine = std::cos(longitude);
  double const up = std::sin(latitude), out = std::cos(latitude);
  east = {-sine, cosine, 0};
  north = {-up * cosine, -up * sine, out};
  middle = {out * cosine, out * sine, up};
}

FlatPlane::Factors FlatPlane::factors(double r2) const {
  if (projection == FlatProjection::equal_area)
    return {std::sqrt(std::max(0.0, 1 - r2 / 4)), 1 - r2 / 2, 1};
  double const cosine = 1 / std::sqrt(1 + r2);
  return {cosine, cosine, cosine * cosine * cosine};
}

Vec3 FlatPlane::direction(double x, double y) const {
  auto const [scale, depth, sr] = factors(x * x + y * y);
  return scale * (x * east + y * north) + depth * middle;
}

double FlatPlane::radius_at(double angle) const {
  return projection == FlatProjection::gnomonic ? std::tan(angle) : 2 * std::sin(angle / 2);
}

double FlatPlane::angle_at(double radius) const {
  return projection == FlatProjection::gnomonic ? std::atan(radius)
                                                : 2 * std::asin(std::min(1.0, radius / 2));
}

FlatPlane::Scales FlatPlane::scales_at(double angle) const {
  if (projection == FlatProjection::gnomonic) {
    double const cosine = std::cos(angle);
    return {cosine * cosine, cosine};
  }
  double const cosine = std::cos(angle / 2);
  return {1 / cosine, cosine};
}

double FlatRows::largest_angle(FlatProjection projection) {
  return projection == FlatProjection::gnomonic ? 60 * degree : 90 * degree;
}

FlatRows::FlatRows(FlatProjection projection, double longitude, double latitude, double pixel,
                   std::int64_t n_columns, std::int64_t n_rows)
    : plane_(projection, longitude, latitude),
      pixel_(pixel),
      n_columns_(n_columns),
      n_rows_(n_rows) {
  end_angle_ = std::min(corner_angle() + around_image, farthest_angle(projection));
  end_ = plane_.radius_at(end_angle_) / pixel;
  beyond_ = std::max<std::int64_t>(0, std::llround(std::ceil(end_ - real(n_rows) / 2)));
  constexpr double half_diagonal = 0.75;  // and a little
  auto const end = plane_.scales_at(end_angle_), middle = plane_.scales_at(0);
  largest_radius_ = half_diagonal * pixel * std::max(end.radial, middle.radial);
}

std::int64_t FlatRows::pixels_across(double angle, double margin) const {
  // Lengths in the plane grow outwards.
  auto const scales = plane_.scales_at(std::min(end_angle_, corner_angle() + margin + angle));
  return std::llround(std::ceil(angle / (pixel_ * std::min(scales.radial, scales.across))));
}

Range FlatRows::widened(Range pixels, double margin) const {
  if (margin == 0) return pixels;
  std::int64_t const more = std::min(beyond_, pixels_across(margin, 0));
  return {pixels.first - more, pixels.last + more};
}

double FlatRows::solid_angle(std::int64_t row, std::int64_t column) const {
  double area = pixel_ * pixel_;
  if (plane_.projection == FlatProjection::equal_area) return area;
  // The mean over the pixel.
  for_each_arc(row, PixelPart{}, column, column + 1, [&](FlatArc const& pixel) {
    using boost::math::quadrature::gauss;
    area = gauss<double, 3>::integrate(
        [&](double y) {
          return gauss<double, 3>::integrate(
              [&](double x) { return plane_.factors(x * x + y * y).sr; },
              pixel.x_first - pixel_ / 2, pixel.x_first + pixel_ / 2);
        },
        pixel.y - pixel_ / 2, pixel.y + pixel_ / 2);
  });
  return area;
}

PixelSides FlatRows::pixel_sides(Vec3 const& direction) const {
  double const angle =
      std::atan2(norm(cross(plane_.middle, direction)), dot(plane_.middle, direction));
  auto const [radial, across] = plane_.scales_at(std::min(angle, end_angle_));
  return {pixel_ * std::min(radial, across), pixel_ * std::max(radial, across)};
}

bool FlatRows::has_bent_edges(std::int64_t /*row*/) const { return pixel_ > 0.5 * degree; }

double FlatRows::row_at(Vec3 const& direction) const {
  return real(n_rings() + 1) / 2 - ellipse(direction, 0).y;
}

RingPixel FlatRows::pixel_at(Vec3 const& direction) const {
  auto const [x, y, towards_x, towards_y, a, b, is_whole] = ellipse(direction, 0);
  auto const row = std::llround(real(n_rings() + 1) / 2 - y);
  bool const shown = is_whole && row >= 1 && row <= n_rings();
  return {std::clamp<std::int64_t>(row, 1, n_rings()),
          shown ? std::llround(x + real(n_columns_ - 1) / 2) : endless / 2};
}

FlatRows::Ellipse FlatRows::ellipse(Vec3 const& centre, double angle) const {
  double const x = dot(centre, plane_.east), y = dot(centre, plane_.north),
               aside = std::hypot(x, y);
  double const from_middle = std::atan2(aside, dot(centre, plane_.middle));
  double const nearest = from_middle - angle, farthest = from_middle + angle;
  double const inner = plane_.radius_at(std::min(std::abs(nearest), end_angle_)),
               outer = plane_.radius_at(std::min(farthest, end_angle_));
  double const first = nearest < 0 ? -inner : inner;
  Ellipse ellipse{0, 0, aside > 0 ? x / aside : 1, aside > 0 ? y / aside : 0,
                  0, 0, farthest <= end_angle_};
  double const along = (first + outer) / 2 / pixel_;
  ellipse.x = along * ellipse.towards_x;
  ellipse.y = along * ellipse.towards_y;
  if (nearest >= end_angle_) return ellipse;
  // Across, no point is farther from the axis than sin(angle), in the plane of the halo's meridian;
  // for gnomonic planes the ellipse is the image, for others it holds it within 90 degrees, and
  // farther out if it grows; a disc beyond the end, if it holds the rectangle around it.
  double const end = std::min(farthest, end_angle_), half = std::min(angle, 90 * degree);
  double const growth = ellipse.is_whole ? 1 + 0.1 * angle * std::tan(end / 2) : std::sqrt(2.0);
  ellipse.a = growth * (outer - first) / 2 / pixel_;
  ellipse.b = growth * std::sin(half) / plane_.scales_at(end).across / pixel_;
  return ellipse;
}

Range FlatRows::rows_within(Ellipse const& ellipse) const {
  if (!(ellipse.a > 0)) return {};
  double const half = std::hypot(ellipse.a * ellipse.towards_y, ellipse.b * ellipse.towards_x);
  double const middle = real(n_rings() + 1) / 2 - ellipse.y;
  return {std::max<std::int64_t>(1, std::llround(std::ceil(middle - half))),
          std::min<std::int64_t>(n_rings(), std::llround(std::floor(middle + half))) + 1};
}

Range FlatRows::columns_within(Ellipse const& ellipse, std::int64_t row) const {
  if (!(ellipse.a > 0)) return {};
  double const y = real(n_rings() + 1) / 2 - real(row), dy = y - ellipse.y;
  double const a2 = 1 / (ellipse.a * ellipse.a), b2 = 1 / (ellipse.b * ellipse.b);
  double const ux = ellipse.towards_x, uy = ellipse.towards_y;
  // (along/a)^2 + (across/b)^2 = 1 on this row.
  double const square = ux * ux * a2 + uy * uy * b2, mixed = dy * ux * uy * (a2 - b2),
               rest = dy * dy * (uy * uy * a2 + ux * ux * b2) - 1;
  double const left = mixed * mixed - square * rest, end2 = end_ * end_ - y * y;
  if (left < 0 || end2 < 0) return {};
  double const middle = ellipse.x - mixed / square, half = std::sqrt(left) / square,
               end = std::sqrt(end2), origin = real(n_columns_ - 1) / 2;
  return {std::llround(std::ceil(std::max(middle - half, -end) + origin)),
          std::llround(std::floor(std::min(middle + half, end) + origin)) + 1};
}

}  // namespace setsz
