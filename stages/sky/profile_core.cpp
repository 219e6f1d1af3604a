// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/profile_core.hpp"

#include <algorithm>
#include <array>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

using boost::math::quadrature::gauss;

namespace {

/// Around a pixel, its corners; where its edges are bent (near the poles, and of large pixels
/// anywhere), their middles as well.
constexpr std::array<PixelPart, 4> corners = {{{-0.5, -0.5}, {-0.5, 0.5}, {0.5, 0.5}, {0.5, -0.5}}};
constexpr std::array<PixelPart, 8> corners_and_middles = {
    {{-0.5, -0.5}, {-0.5, 0}, {-0.5, 0.5}, {0, 0.5}, {0.5, 0.5}, {0.5, 0}, {0.5, -0.5}, {0, -0.5}}};
/// The first of a range of corners that holds none yet; its last is the negative of it.
constexpr std::int64_t nothing = std::int64_t{1} << 40;
/// Lines that are longer than the peak's width times 1 / sqrt(this) need the better rule.
constexpr double least_width2 = 0.25;

/// Loops over points go in blocks of this many: what is left over would cost more one by one.
constexpr std::size_t block = 8;
std::size_t in_blocks(std::size_t n) { return (n + block - 1) / block * block; }

/// A ring as seen from a direction.
struct Circle {
  double z, s, z0, s0;
};
struct Point {
  double x, y;
};

/// In Lambert's plane: of equal area, x towards the east, y towards the south.
inline Point on_plane(Circle const& circle, double cosine, double sine) {
  double const toward = circle.s * circle.s0 * cosine + circle.z * circle.z0;
  double const f = std::sqrt(2 / (1 + (toward > -0.99 ? toward : -0.99)));
  return {f * circle.s * sine, f * (circle.s * circle.z0 * cosine - circle.z * circle.s0)};
}

/// Places points of a ring at longitudes first, first + step, ..., all below `largest_series`, in
/// whole blocks: cosine and sine by Taylor's series, to 1e-12.
constexpr double largest_series = 0.4;
SETSZ_DISPATCH
void place_near(Circle const& circle, double first, double step, int count, double* __restrict x,
                double* __restrict y) {
  auto const n = static_cast<int>(in_blocks(count));
  Circle const c = circle;
  for (int i = 0; i < n; ++i) {
    double const dphi = first + step * i, q = dphi * dphi;
    double const cosine =
        1 -
        q * (1.0 / 2 - q * (1.0 / 24 - q * (1.0 / 720 - q * (1.0 / 40320 - q * (1.0 / 3628800)))));
    double const sine =
        dphi * (1 - q * (1.0 / 6 - q * (1.0 / 120 - q * (1.0 / 5040 - q * (1.0 / 362880)))));
    Point const point = on_plane(c, cosine, sine);
    x[i] = point.x;
    y[i] = point.y;
  }
}

/// m where it is tabulated; beyond its end it falls with the area.
inline double interpolate(double const* mean, double limit, double place) {
  double const inside = place < limit ? place : limit;
  auto const i = static_cast<int>(inside);
  double const value = mean[i] + (inside - i) * (mean[i + 1] - mean[i]);
  double const ratio = inside / (place > 1e-300 ? place : 1);
  return place < limit ? value : value * ratio * ratio;
}

/// The same at any longitudes.
void place_row(Circle const& circle, double first, double step, int count, double* x, double* y) {
  double const last = first + step * (count - 1);
  if (std::max(std::abs(first), std::abs(last)) < largest_series)
    return place_near(circle, first, step, count, x, y);
  for (int i = 0; i < count; ++i) {
    double const dphi = first + step * i;
    Point const point = on_plane(circle, std::cos(dphi), std::sin(dphi));
    x[i] = point.x;
    y[i] = point.y;
  }
}

void place_points(Circle const& circle, RingPoints const& points, double* x, double* y) {
  place_row(circle, points.dphi_first, points.dphi_step, static_cast<int>(points.count), x, y);
}

void place_points(Circle const& /*none*/, FlatPoints const& points, double* x, double* y) {
  points.for_each_block([&](FlatPoints::Places const& places, std::int64_t first, int n) {
    for (int i = 0; i < n; ++i) {
      double const f = std::sqrt(2 / (1 + std::max(places.toward[i], -0.99)));
      x[first + i] = f * places.x[i];
      y[first + i] = f * places.y[i];
    }
  });
}

struct Lines {
  std::size_t count;
  double const *x0, *y0, *x1, *y1;
};

/// Adds the integrals along many lines by Gauss-Legendre with 3 points; tells (width/length)^2 of
/// the peak where a line comes near to it, else something large.
SETSZ_DISPATCH
void add_along(Lines const& lines, double softening2, double const* __restrict mean, double limit,
               double per_sine, double* __restrict sums, double* __restrict widths) {
  auto const n = static_cast<int>(lines.count);
  double const *const ax = lines.x0, *const ay = lines.y0, *const bx = lines.x1,
                      *const by = lines.y1;
  for (int k = 0; k < n; ++k) {
    double const dx = bx[k] - ax[k], dy = by[k] - ay[k], length2 = dx * dx + dy * dy + 1e-300;
    double const cross = ax[k] * by[k] - bx[k] * ay[k];
    double const foot = -(ax[k] * dx + ay[k] * dy) / length2, d2 = cross * cross / length2;
    double const width2 = (d2 + softening2) / length2;
    widths[k] = foot < -1 || foot > 2 ? 1.0 : width2;
    auto const at = [&](double t) {
      double const u = d2 + (t - foot) * (t - foot) * length2;
      return interpolate(mean, limit, std::sqrt(u * (1 - 0.25 * u)) * per_sine);
    };
    double const sum =
        5.0 / 18 * at(0.1127016653792583) + 8.0 / 18 * at(0.5) + 5.0 / 18 * at(0.8872983346207417);
    sums[k] += width2 > least_width2 || foot < -1 || foot > 2 ? 0.5 * cross * sum : 0.0;
  }
}

/// Gauss-Legendre with 10 points on (-1, 1), in a whole number of vectors.
struct GaussTen {
  static constexpr int n = 16;
  double node[n] = {}, weight[n] = {};
  GaussTen() {
    auto const& nodes = gauss<double, 10>::abscissa();
    auto const& weights = gauss<double, 10>::weights();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      node[2 * i] = nodes[i];
      node[2 * i + 1] = -nodes[i];
      weight[2 * i] = weight[2 * i + 1] = weights[i];
    }
  }
};

/// exp(x) for |x| < 16, to rounding: Taylor's series of a 32nd of x.
inline double small_exp(double x) {
  double const y = x / 32;
  double e = 1;
  for (int k = 12; k > 0; --k) e = 1 + e * y * (1.0 / k);
  for (int k = 0; k < 5; ++k) e *= e;
  return e;
}

/// Terms of the integral over w, from low to high, of cosh(w) m at u = d2 + (width sinh(w))^2
/// length2.
struct Stretched {
  double low, high, width, d2, length2;
};
SETSZ_DISPATCH
void set_terms(GaussTen const& rule, Stretched const& line, double const* __restrict mean,
               double limit, double per_sine, double* __restrict terms) {
  double const middle = (line.low + line.high) / 2, half = (line.high - line.low) / 2;
  double const width = line.width, d2 = line.d2, length2 = line.length2;
  for (int i = 0; i < GaussTen::n; ++i) {
    double const grown = small_exp(middle + half * rule.node[i]), shrunk = 1 / grown;
    double const step = width * (grown - shrunk) / 2, u = d2 + step * step * length2;
    terms[i] = half * rule.weight[i] * (grown + shrunk) / 2 *
               interpolate(mean, limit, std::sqrt(u * (1 - 0.25 * u)) * per_sine);
  }
}

}  // namespace

void ProfileCore::begin(SkyDirection const& centre, std::span<double const> mean, double sin_radius,
                        double softening) {
  centre_ = &centre;
  mean_ = mean;
  limit_ = real(mean.size() - 2);
  per_sine_ = limit_ / sin_radius;
  softening2_ = softening * softening;
  rows_.clear();
}

void ProfileCore::add(std::int64_t ring, Range pixels) { rows_.push_back({ring, pixels}); }

void ProfileCore::place(std::int64_t ring, PixelPart part, Range pixels, double* x,
                        double* y) const {
  auto const row = geometry_.circle(ring, part);
  Circle const circle{row.z, row.s, centre_->z, centre_->s};
  if (row.s == 0 && !geometry_.flat()) {  // a pole has no longitude
    Point const pole = on_plane(circle, 1, 0);
    std::fill_n(x, pixels.size(), pole.x);
    std::fill_n(y, pixels.size(), pole.y);
    return;
  }
  geometry_.for_each_piece(ring, part, pixels.first, pixels.last, [&](auto const& piece) {
    place_points(circle, seen_from(*centre_, row, piece), x + (piece.first - pixels.first),
                 y + (piece.first - pixels.first));
  });
}

double ProfileCore::along(Line const& line) const {
  double const dx = line.x1 - line.x0, dy = line.y1 - line.y0, length2 = dx * dx + dy * dy + 1e-300;
  double const cross = line.x0 * line.y1 - line.x1 * line.y0;
  // u along the line is d2 + (t - foot)^2 length2, t from 0 to 1. The peak is narrower than the
  // line: with t = foot + width sinh(w) it is as wide as the range of w.
  double const foot = -(line.x0 * dx + line.y0 * dy) / length2, d2 = cross * cross / length2;
  double const width = std::sqrt((d2 + softening2_) / length2);
  double const low = std::asinh(-foot / width), high = std::asinh((1 - foot) / width);
  static GaussTen const rule;
  std::array<double, GaussTen::n> terms;
  set_terms(rule, {low, high, width, d2, length2}, mean_.data(), limit_, per_sine_, terms.data());
  double sum = 0;
  for (double const term : terms) sum += term;
  return 0.5 * cross * width * sum;
}

std::optional<std::int64_t> ProfileCore::common_quadrant(HealpixRings const& healpix) const {
  std::int64_t const nside = healpix.nside();
  std::optional<std::int64_t> quadrant;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    auto const& [ring, pixels] = rows_[i];
    if (ring != rows_.front().ring + static_cast<std::int64_t>(i)) return {};
    if (std::min(ring, 4 * nside - ring) > nside) continue;  // there, quadrants have no borders
    std::int64_t const n = healpix.pixels_in(ring) / 4;
    auto const of = [&](std::int64_t k) { return (k >= 0 ? k : k - n + 1) / n; };
    if (of(pixels.first) != of(pixels.last - 1)) return {};
    if (quadrant && *quadrant != of(pixels.first)) return {};
    quadrant = of(pixels.first);
  }
  return quadrant.value_or(0);
}

void ProfileCore::integrate_shared_edges(HealpixRings const& healpix, std::int64_t quadrant) {
  std::size_t const n_rows = rows_.size();
  auto const local = [&](std::size_t row) {  // pixels in the count of the quadrant
    std::int64_t const start = quadrant * (healpix.pixels_in(rows_[row].ring) / 4);
    return Range{rows_[row].pixels.first - start, rows_[row].pixels.last - start};
  };
  // Corners of the rings from one before the first to one after the last; strips between them.
  corner_rows_.clear();
  for (std::size_t i = 0; i < n_rows + 2; ++i) {
    std::int64_t const ring = rows_.front().ring - 1 + static_cast<std::int64_t>(i);
    corner_rows_.push_back({healpix.western_corners(ring, quadrant), nothing, -nothing, 0});
  }
  auto const cover = [](auto& range, std::int64_t first, std::int64_t last) {
    range.first = std::min(range.first, first);
    range.last = std::max(range.last, last);
  };
  strips_.clear();
  std::size_t n_edges = 0;
  for (std::size_t i = 0; i <= n_rows; ++i) {
    Strip strip{nothing, -nothing, n_edges};
    if (i < n_rows) cover(strip, local(i).first, local(i).last);
    if (i > 0) {
      std::int64_t const south = corner_rows_[i].corners.to_south;
      cover(strip, local(i - 1).first + south, local(i - 1).last - 1 + south);
    }
    n_edges += 2 * strip.size();
    strips_.push_back(strip);
    std::int64_t const north = corner_rows_[i + 1].corners.to_north;
    cover(corner_rows_[i], strip.first + north - 1, strip.last + north);
    cover(corner_rows_[i + 1], strip.first, strip.last);
  }
  place_corners();
  list_edges(n_edges);
  add_along({x0_.size(), x0_.data(), y0_.data(), x1_.data(), y1_.data()}, softening2_, mean_.data(),
            limit_, per_sine_, integrals_.data(), widths_.data());
  for (std::size_t k = 0; k < n_edges; ++k)
    if (widths_[k] <= least_width2) integrals_[k] += along({x0_[k], y0_[k], x1_[k], y1_[k]});
  // A pixel's way around: from the west over the south to the east, and back over the north.
  std::size_t pixel = 0;
  for (std::size_t i = 0; i < n_rows; ++i) {
    Strip const &north = strips_[i], &south = strips_[i + 1];
    Range const pixels = local(i);
    double const* const up = integrals_.data() + north.begin + (pixels.first - north.first);
    double const* const up_west = up + north.size() + 1;
    double const* const down = integrals_.data() + south.begin +
                               (pixels.first + corner_rows_[i + 1].corners.to_south - south.first);
    double const* const down_west = down + south.size();
    for (std::int64_t j = 0; j < pixels.size(); ++j)
      sums_[pixel++] = (down[j] - down_west[j]) - (up[j] - up_west[j]);
  }
}

void ProfileCore::place_corners() {
  std::size_t n = 0;
  for (auto& row : corner_rows_) {
    row.begin = n;
    n += static_cast<std::size_t>(row.last - row.first + 1);
  }
  if (x_.size() < n + block) {
    x_.resize(n + block);
    y_.resize(n + block);
  }
  for (auto const& row : corner_rows_) {
    auto const& [circle, phi_first, phi_step, north, south] = row.corners;
    double const first = phi_first + phi_step * real(row.first) - centre_->phi;
    place_row({circle.z, circle.s, centre_->z, centre_->s}, first, phi_step,
              static_cast<int>(row.last - row.first + 1), x_.data() + row.begin,
              y_.data() + row.begin);
  }
}

void ProfileCore::list_edges(std::size_t n_edges) {
  for (auto* list : {&x0_, &y0_, &x1_, &y1_, &integrals_, &widths_})
    list->assign(in_blocks(n_edges), 0.0);
  for (std::size_t i = 0; i < strips_.size(); ++i) {
    Strip const& strip = strips_[i];
    CornerRow const &north = corner_rows_[i], &own = corner_rows_[i + 1];
    std::size_t const from = own.begin + static_cast<std::size_t>(strip.first - own.first);
    std::size_t to =
        north.begin + static_cast<std::size_t>(strip.first + own.corners.to_north - north.first);
    for (std::size_t at : {strip.begin, strip.begin + strip.size()}) {
      for (std::size_t v = 0; v < strip.size(); ++v, ++at) {
        x0_[at] = x_[from + v];
        y0_[at] = y_[from + v];
        x1_[at] = x_[to + v];
        y1_[at] = y_[to + v];
      }
      --to;
    }
  }
}

void ProfileCore::integrate_each_pixel(std::span<PixelPart const> around, std::size_t n) {
  // A row's last block ends in the next row, which is placed later.
  std::size_t const stride = in_blocks(n);
  x_.resize(around.size() * stride + block);
  y_.resize(around.size() * stride + block);
  widths_.resize(stride);
  for (std::size_t c = 0; c < around.size(); ++c) {
    std::size_t at = c * stride;
    for (auto const& [ring, pixels] : rows_) {
      place(ring, around[c], pixels, x_.data() + at, y_.data() + at);
      at += static_cast<std::size_t>(pixels.size());
    }
  }
  for (std::size_t c = 0; c < around.size(); ++c) {
    std::size_t const from = c * stride, to = (c + 1) % around.size() * stride;
    add_along({stride, x_.data() + from, y_.data() + from, x_.data() + to, y_.data() + to},
              softening2_, mean_.data(), limit_, per_sine_, sums_.data(), widths_.data());
    for (std::size_t k = 0; k < n; ++k)
      if (widths_[k] <= least_width2)
        sums_[k] += along({x_[from + k], y_[from + k], x_[to + k], y_[to + k]});
  }
}

std::span<double const> ProfileCore::averages() {
  bool bent = false;
  std::size_t n = 0;
  for (auto const& row : rows_) {
    bent = bent || geometry_.has_bent_edges(row.ring);
    n += static_cast<std::size_t>(row.pixels.size());
  }
  if (n == 0) return {};
  sums_.assign(in_blocks(n), 0.0);
  auto const* healpix = bent ? nullptr : geometry_.healpix();
  auto const quadrant = healpix ? common_quadrant(*healpix) : std::nullopt;
  if (quadrant) {
    integrate_shared_edges(*healpix, *quadrant);
  } else {
    integrate_each_pixel(bent ? std::span<PixelPart const>(corners_and_middles)
                              : std::span<PixelPart const>(corners),
                         n);
  }
  // In the south the way around is the other one.
  double* next = sums_.data();
  for (auto const& row : rows_) {
    double const per_area = 1 / geometry_.pixel_area(row.ring);
    for (std::int64_t k = 0; k < row.pixels.size(); ++k, ++next) *next = std::abs(*next) * per_area;
  }
  return std::span(sums_).first(n);
}

}  // namespace setsz
