// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/cube_image.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/base/dispatch.hpp"

namespace setsz {
namespace {

/// Slices are put onto a plane of theirs that is at least this many reaches of the cube away.
constexpr double fewest_reaches = 2;

/// Slice by slice, (l, x, y) of (x, y, l), n a side.
void turn_slices(std::span<float const> from, std::int64_t n, std::vector<float>& to) {
  to.resize(from.size());
  for (std::int64_t x = 0; x < n; ++x)
    for (std::int64_t l = 0; l < n; ++l)
      for (std::int64_t y = 0; y < n; ++y) to[(l * n + x) * n + y] = from[(x * n + y) * n + l];
}

/// P V / chi^2 of the voxels of a row, of the second order in the size of a voxel: the mean of
/// 1/chi^2 over a cube of side e is (1 + e^2/12 chi^2)/chi^2. \return their sum
/// \param first  of voxel 0, along the row \param rest2  square of its other coordinates
SETSZ_DISPATCH
double dim(float const* __restrict values, std::int64_t n, double pv, double first, double edge,
           double rest2, double* __restrict brightness) {
  constexpr int lanes = 8;
  double sums[lanes] = {};
  double const size = edge * edge / 12;
  for (std::int64_t i = 0; i < n; ++i) {
    double const along = first + edge * real(i);
    double const dimming = 1 / (rest2 + along * along);
    brightness[i] = pv * real(values[i]) * dimming * (1 + size * dimming);
  }
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int lane = 0; lane < lanes; ++lane) sums[lane] += brightness[i + lane];
  for (; i < n; ++i) sums[i % lanes] += brightness[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/// What moves from node i to i + 1 if `share` of their difference moves to the higher one, but of
/// no node more than a quarter.
SETSZ_DISPATCH
void exchange(double const* __restrict low, double const* __restrict high, std::int64_t n,
              double share, double* __restrict moved) {
  for (std::int64_t i = 0; i < n; ++i)
    moved[i] = std::min(std::max(share * (high[i] - low[i]), -0.25 * high[i]), 0.25 * low[i]);
}

SETSZ_DISPATCH
void move(double const* __restrict moved, std::int64_t n, double sign, double* __restrict to) {
  for (std::int64_t i = 0; i < n; ++i) to[i] += sign * moved[i];
}

/// cos and sin of first, first + step, ... by doubling.
SETSZ_DISPATCH
void turn_on(double first, double step, std::int64_t n, double* __restrict cosine,
             double* __restrict sine) {
  cosine[0] = std::cos(first);
  sine[0] = std::sin(first);
  double c = std::cos(step), s = std::sin(step);
  for (std::int64_t done = 1; done < n; done *= 2) {
    std::int64_t const more = std::min(done, n - done);
    for (std::int64_t i = 0; i < more; ++i) {
      cosine[done + i] = cosine[i] * c - sine[i] * s;
      sine[done + i] = sine[i] * c + cosine[i] * s;
    }
    double const twice = c * c - s * s;
    s = 2 * c * s;
    c = twice;
  }
}

/// Nodes of an image, and where they are on its plane.
struct PlaneImage {
  double const* nodes;
  double scale, origin_u, origin_v, end_u, end_v;
  int row;
};

/// Its brightness in a direction with these components along the plane's axes.
[[gnu::always_inline]] inline double brightness_at(PlaneImage const& image, double u, double v,
                                                   double towards) {
  double const unit = image.scale / towards;
  double x = u * unit - image.origin_u, y = v * unit - image.origin_v;
  bool const inside = (towards > 0) & (x >= 0) & (y >= 0) & (x < image.end_u) & (y < image.end_v);
  x = inside ? x : 0;
  y = inside ? y : 0;
  auto const low_x = static_cast<int>(x), low_y = static_cast<int>(y);
  double const p = x - low_x, q = y - low_y;
  double const* const corner = image.nodes + (low_x * image.row + low_y);
  double const value = (1 - p) * ((1 - q) * corner[0] + q * corner[1]) +
                       p * ((1 - q) * corner[image.row] + q * corner[image.row + 1]);
  // A node is (normal component)^3 / scale^2 of solid angle.
  return inside ? value * (unit * unit * unit) / image.scale : 0;
}

/// Components of directions along the plane's axes: u, v and towards it.
using OnAxes = std::array<std::array<double, 3>, 3>;

/// At points of a ring: components are on[i][0] + on[i][1] cos + on[i][2] sin.
SETSZ_DISPATCH
void add_ring(PlaneImage const& plane, OnAxes const& axes, double const* __restrict cosine,
              double const* __restrict sine, std::int64_t n, double* __restrict values) {
  auto const image = plane;
  auto const [u, v, normal] = axes;
  for (std::int64_t i = 0; i < n; ++i)
    values[i] += brightness_at(image, u[0] + u[1] * cosine[i] + u[2] * sine[i],
                               v[0] + v[1] * cosine[i] + v[2] * sine[i],
                               normal[0] + normal[1] * cosine[i] + normal[2] * sine[i]);
}

/// At unit vectors (x, y, toward), times sr: components are their products with the axes.
SETSZ_DISPATCH
void add_places(PlaneImage const& plane, OnAxes const& axes, FlatPoints::Places const& places,
                int n, double* __restrict values) {
  auto const image = plane;
  auto const [u, v, normal] = axes;
  auto const& [x, y, toward, sr] = places;
  for (int i = 0; i < n; ++i)
    values[i] += sr[i] * brightness_at(image, u[0] * x[i] + u[1] * y[i] + u[2] * toward[i],
                                       v[0] * x[i] + v[1] * y[i] + v[2] * toward[i],
                                       normal[0] * x[i] + normal[1] * y[i] + normal[2] * toward[i]);
}

PlaneImage image_of(SightPlane const& plane, std::vector<double> const& nodes) {
  return {nodes.data(),
          plane.scale,
          plane.origin.u,
          plane.origin.v,
          real(plane.n_u - 1),
          real(plane.n_v - 1),
          static_cast<int>(plane.n_v)};
}

}  // namespace

void CubeImage::project(SparseCube const& cube, SkyDirection const& centre, double distance,
                        Claims const& claims, int cuts) {
  radius_ = std::asin(cube.reach / distance);
  double const node = cube.voxel_edge / cuts;
  node_ = node / distance;
  total_ = removed_ = 0;
  auto const begin = [&](Mat3 const& axes) {
    plane_ = SightPlane::of_ball(axes, distance * centre.outwards, cube.reach, node);
    values_.assign(static_cast<std::size_t>(plane_.n_u * plane_.n_v), 0.0);
  };
  // The cube's own axis along which it is farthest.
  Vec3 const own = distance * (cube.turn().inverse() * centre.outwards);
  std::size_t normal = 0;
  for (std::size_t i = 1; i < 3; ++i)
    if (std::abs(own[i]) > std::abs(own[normal])) normal = i;
  if (std::abs(own[normal]) < fewest_reaches * cube.reach) {
    begin(centre.to_local());
    for_each_part(
        cube, cuts, claims, [&](Vec3 const& offset, double pv) { add_point(offset, pv); },
        [&](Vec3 const& offset, double pv) { remove(offset, pv); });
    return sharpen({1.0 / 12, 1.0 / 12});
  }
  auto const axis = [&](std::size_t i, double length) {
    Vec3 own_axis;
    own_axis[i] = length;
    return cube.turn() * own_axis;
  };
  begin({{axis(normal == 0 ? 1 : 0, 1), axis(normal == 2 ? 1 : 2, 1),
          axis(normal, std::copysign(1, own[normal]))}});
  add_slices(cube, claims.empty() ? cube.values() : leave_unclaimed(cube, claims), normal, cuts);
  // Parts of slices as thick as a node: flat, but seen from the side.
  double const u = plane_.centre.x / plane_.centre.z, v = plane_.centre.y / plane_.centre.z;
  sharpen({u * u / 12, v * v / 12});
}

std::span<float const> CubeImage::leave_unclaimed(SparseCube const& cube, Claims const& claims) {
  double const half_diagonal = std::sqrt(3.0) / 2 * cube.voxel_edge,
               volume = cube.voxel_edge * cube.voxel_edge * cube.voxel_edge;
  left_.assign(cube.values().begin(), cube.values().end());
  cube.visit_voxels([&](std::size_t at, auto const& voxel) {
    auto const whole = claims.taken(voxel.centre, half_diagonal);
    if (whole == false) return;
    left_[at] = 0;
    if (whole == true)
      remove(voxel.centre, voxel.value * volume);
    else
      for_each_border_part(
          voxel, cube.voxel_edge, claims,
          [&](Vec3 const& offset, double pv) { add_point(offset, pv); },
          [&](Vec3 const& offset, double pv) { remove(offset, pv); });
  });
  return left_;
}

void CubeImage::remove(Vec3 const& offset, double pv) {
  removed_ += pv / norm2(plane_.centre + plane_.axes * offset);
}

void CubeImage::add_point(Vec3 const& offset, double pv) {
  Vec3 const seen = plane_.centre + plane_.axes * offset;
  double const brightness = pv / norm2(seen);
  total_ += brightness;
  auto const [x, y] = plane_.place_of(seen);
  auto const i = static_cast<std::int64_t>(x), j = static_cast<std::int64_t>(y);
  double const p = x - real(i), q = y - real(j);
  double* const corner = values_.data() + (i * plane_.n_v + j);
  corner[0] += brightness * (1 - p) * (1 - q);
  corner[1] += brightness * (1 - p) * q;
  corner[plane_.n_v] += brightness * p * (1 - q);
  corner[plane_.n_v + 1] += brightness * p * q;
}

void CubeImage::add_slices(SparseCube const& cube, std::span<float const> values,
                           std::size_t normal, int cuts) {
  std::int64_t const n = cube.n(), plane = n * n;
  if (normal == 2) {
    turn_slices(values, n, turned_);
    values = turned_;
  }
  bool const between = normal == 1;
  double const sign = (cube.turn().inverse() * plane_.axes.row[2])[normal];
  sheet_.begin(plane_.n_u, plane_.n_v, cuts);
  for (std::int64_t l = 0; l < n; ++l)
    add_slice(cube, values.data() + l * (between ? n : plane), between ? plane : n,
              sign * (real(l) + 0.5 - real(n) / 2) * cube.voxel_edge, cuts);
  sheet_.add_to(values_);
}

void CubeImage::add_slice(SparseCube const& cube, float const* values, std::int64_t row_step,
                          double depth, int cuts) {
  double const edge = cube.voxel_edge, middle = real(cube.n()) / 2;
  double const centres = cube.reach - std::sqrt(3.0) / 2 * edge;  // none lies beyond
  auto const cells_within = [&](double square) {
    double const half = square > 0 ? std::sqrt(square) / edge + 1e-6 : 0;
    return Range{
        std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(middle - 0.5 - half))),
        std::min(cube.n(), static_cast<std::int64_t>(std::floor(middle - 0.5 + half)) + 1)};
  };
  double const across2 = centres * centres - depth * depth;
  if (across2 < -1e-6 * edge * edge) return;
  Vec3 const& seen = plane_.centre;
  double const pv = edge * edge * edge, first = seen.y + (0.5 - middle) * edge;
  brightness_.resize(static_cast<std::size_t>(cube.n() * cube.n()));
  rows_.clear();
  Range const rows = cells_within(across2);
  for (std::int64_t i = rows.first; i < rows.last; ++i) {
    double const x = (real(i) + 0.5 - middle) * edge;
    double const seen_x = seen.x + x, seen_z = seen.z + depth;
    Range const cells = cells_within(across2 - x * x);
    if (cells.size() <= 0) continue;
    double* const brightness = brightness_.data() + i * cube.n();
    total_ += dim(values + (i * row_step + cells.first), cells.size(), pv,
                  first + edge * real(cells.first), edge, seen_x * seen_x + seen_z * seen_z,
                  brightness + cells.first);
    rows_.push_back({i, cells, brightness});
  }
  for (int part = 0; part < cuts; ++part) {
    double const at = seen.z + depth + edge * ((part + 0.5) / cuts - 0.5);
    double const scale = plane_.scale / at;  // [nodes] of 1 ckpc/h
    sheet_.add(rows_, {scale * (seen.x - middle * edge) - plane_.origin.u, scale * edge},
               {scale * (seen.y - middle * edge) - plane_.origin.v, scale * edge}, 1.0 / cuts);
  }
}

void CubeImage::sharpen(SightPlane::Place const& lost) {
  // What moves from the lower of two neighbours to the higher one, of their difference: half of the
  // variance that there is too much, per axis: the weights of the deposit and those of at() have
  // 1/6 each. No node loses more than it has.
  double const along_u = 0.5 * (1.0 / 3 - lost.u), along_v = 0.5 * (1.0 / 3 - lost.v);
  std::int64_t const n = plane_.n_v;
  blurred_ = values_;
  moved_.resize(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < plane_.n_u; ++i) {
    double const* const blurred = blurred_.data() + i * n;
    double* const row = values_.data() + i * n;
    exchange(blurred, blurred + 1, n - 1, along_v, moved_.data());
    move(moved_.data(), n - 1, -1, row);
    move(moved_.data(), n - 1, 1, row + 1);
    if (i + 1 == plane_.n_u) break;
    exchange(blurred, blurred + n, n, along_u, moved_.data());
    move(moved_.data(), n, -1, row);
    move(moved_.data(), n, 1, row + n);
  }
}

void CubeImage::add_row(SkyDirection const& centre, RingPoints const& points,
                        double* values) const {
  // Around the meridian of the centre.
  Vec3 const outwards = centre.s * centre.outwards + centre.z * centre.south;
  auto const along = [&](Vec3 const& axis) {
    return std::array{points.z * axis.z, points.s * dot(axis, outwards),
                      points.s * dot(axis, centre.east)};
  };
  auto const& axes = plane_.axes.row;
  OnAxes const on{along(axes[0]), along(axes[1]), along(axes[2])};
  auto const image = image_of(plane_, values_);
  constexpr std::int64_t block = 64;  // rounding does not grow
  double cosine[block], sine[block];
  for (std::int64_t i = 0; i < points.count; i += block) {
    std::int64_t const n = std::min(block, points.count - i);
    turn_on(points.dphi_first + points.dphi_step * real(i), points.dphi_step, n, cosine, sine);
    add_ring(image, on, cosine, sine, n, values + i);
  }
}

void CubeImage::add_row(SkyDirection const& centre, FlatPoints const& points,
                        double* values) const {
  auto const along = [&](Vec3 const& axis) {
    return std::array{dot(axis, centre.east), dot(axis, centre.south), dot(axis, centre.outwards)};
  };
  auto const& axes = plane_.axes.row;
  OnAxes const on{along(axes[0]), along(axes[1]), along(axes[2])};
  auto const image = image_of(plane_, values_);
  points.for_each_block([&](FlatPoints::Places const& places, std::int64_t first, int n) {
    add_places(image, on, places, n, values + first);
  });
}

}  // namespace setsz
