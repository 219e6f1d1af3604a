// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_painter.hpp"

#include <cassert>
#include <cmath>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "stages/halos/left_shells.hpp"

namespace setsz {
namespace {

/// Below this R200/pixel a spherical halo is a few points.
constexpr double points_below = 0.06;
/// Samples of what others leave must hold it to this part of the whole and of itself; else it is a
/// few points.
constexpr double claimed_error = 0.03, least_sampled = 0.2;
/// A pixel of a cube is sampled so often a side, unless its voxels are coarser.
constexpr double samples_a_side = 8;
/// Pixels whose centres are nearer than this [pixels] are integrated along their edges.
constexpr double core_pixels = 3;

double cube_of(double x) { return x * x * x; }

int level_for(double pixel, double part) {
  int level = 0;
  while (pixel > part * (1 << level) && level < 6) ++level;
  return level;
}

/// The further from the centre the better is a mean over directions for long pixels.
double core_radius(PixelSides const& sides) {
  return core_pixels * (2 * sides.longest - sides.shortest);
}

/// The second moment of a rectangle is, in the mean over directions, that of a square.
double mean_side(PixelSides const& sides) {
  return std::sqrt((sides.shortest * sides.shortest + sides.longest * sides.longest) / 2);
}

/// A table of a profile needs this many nodes: a few for a pixel.
std::size_t nodes_for(double pixel_r200, double x_cut) {
  constexpr double per_pixel = 16;
  int stride = ProfileFamily::largest_stride;
  while (stride > 1 && x_cut / ProfileFamily::n_nodes * stride * per_pixel > pixel_r200)
    stride /= 2;
  return static_cast<std::size_t>(ProfileFamily::n_nodes / stride);
}

/// f[i] + weight (second difference + first difference / i) of values `away` nodes apart, from node
/// `first` on; before it and after node n - 1, f. f is 0 after node n - 1.
SETSZ_DISPATCH
void smooth(double const* __restrict f, int first, int away, int n, double weight,
            float* __restrict out) {
  double const half = 0.5 * away;
  auto const set = [=](int i, double above) {
    double const below = f[i - away], slope = half / i;
    out[i] = single(f[i] + weight * (above - 2 * f[i] + below + slope * (above - below)));
  };
  for (int i = 0; i < first; ++i) out[i] = single(f[i]);
  int const inner = std::max(first, n - away);
  for (int i = first; i < inner; ++i) set(i, f[i + away]);
  for (int i = inner; i < n; ++i) set(i, 0);
  out[n] = out[n + 1] = 0;
}

/// Sum of P V / chi^2 of a sphere at distance D: the mean of 1/chi^2 over a shell of radius r = x D
/// is atanh(x)/x / D^2 [P200 R200^3 / unit of D^2].
double seen_integral(ProfileFamily const& family, ProfilePoint const& point, double r_cut,
                     double distance, std::span<double> enclosed) {
  double const distance2 = distance * distance;
  if (r_cut < 0.1 * distance) {  // the series to x^6: better than 1e-8
    auto const moments = family.moments(point);
    double const q = r_cut * r_cut / distance2;
    return (moments[0] + q * (moments[1] / 3 + q * (moments[2] / 5 + q * moments[3] / 7))) /
           distance2;
  }
  family.enclosed(point, enclosed);
  double const node = r_cut / distance / ProfileFamily::n_nodes;
  double sum = 0;
  for (std::size_t i = 0; i < ProfileFamily::n_nodes; ++i) {
    double const x = node * (real(i) + 0.5);
    sum += (enclosed[i + 1] - enclosed[i]) * std::atanh(x) / x;
  }
  return sum / distance2;
}

}  // namespace

SkyPainter::SkyPainter(RingMap& map, Beam beam)
    : map_(map),
      beam_(std::move(beam)),
      projected_(ProfileFamily::table_size),
      mean_(ProfileFamily::table_size),
      enclosed_(ProfileFamily::table_size),
      smoothed_(ProfileFamily::table_size),
      line_pieces_(LinePieces::table_size),
      core_(map.geometry()),
      claimed_(map.geometry()) {}

PixelSides SkyPainter::sides_at(Vec3 const& position) const {
  return map_.geometry().pixel_sides(position);
}

void SkyPainter::add_point(SkyDirection const& centre, Vec3 const& local, double value) {
  auto const pixel = centre.pixel_at(map_.geometry(), local);
  map_.add(pixel, value);
  if (!map_.grid().is_full() && map_.grid().has(pixel)) points_inside_ += value;
}

void SkyPainter::add_stamp(double factor, Painted& result) {
  stamp_.add_to(map_, factor);
  if (!map_.grid().is_full()) result.painted = factor * stamp_.integral_over(map_);
}

double SkyPainter::factor_to(double known, double sampled, double whole, Painted& result) const {
  if (!stamp_.is_whole()) return 1;
  double const error = std::abs(sampled - known) / std::abs(whole);
  require(error <= largest_sampling_error, ExitCode::internal, "the samples of a halo hold ",
          sampled, " of the integral ", known, " that is known, ", 100 * error, "% off (at most ",
          100 * largest_sampling_error,
          "% are scaled away); is its gas smooth on the scale of its voxels or of R200/10?");
  result.sampling_error = error;
  return known / sampled;
}

Painted SkyPainter::paint(SparseCube const& cube, SkyHalo const& halo, Claims const& claims) {
  if (cube.empty()) return {};
  double const distance = norm(halo.position);
  assert(is_outside(distance, cube.reach));
  SkyDirection const centre(halo.position);
  auto const [narrow, pixel] = sides_at(halo.position);
  double const voxel = cube.voxel_edge / distance;
  // Nodes fine enough for the pixel or for the voxels, whichever is coarser.
  double const wanted = narrow / samples_a_side;
  image_.project(cube, centre, distance, claims,
                 std::clamp(static_cast<int>(std::ceil(voxel / wanted)), 1, 3));

  Painted result{image_.total() * halo.weight, image_.removed() * halo.weight, {}};
  if (wanted > voxel || image_.total() == 0) {
    points_inside_ = 0;
    image_.for_each_point(centre, [&](Vec3 const& direction, double value) {
      add_point(centre, direction, value * halo.weight);
    });
    if (!map_.grid().is_full()) result.painted = points_inside_;
    return result;
  }
  double const node = image_.node(), spacing = std::max(node, wanted);
  // What samples as coarse as the nodes miss averages out over many nodes only.
  double const part = image_.radius() < 16 * node ? spacing / 2 : spacing;
  // Equal steps in longitude and ring do not cut the pixels around a pole into equal parts.
  int const more = centre.s < 4 * pixel ? 1 : 0;
  // The plane's bilinear nodes reach a little beyond the cube.
  stamp_.build(map_, centre, image_.radius() + 2 * node, {.level = level_for(pixel, part) + more},
               [&](auto const& points, double* values) { image_.add_row(centre, points, values); });
  double const unit = halo.weight;
  add_stamp(unit * factor_to(result.painted, stamp_.integral() * unit,
                             result.painted + result.removed, result),
            result);
  return result;
}

Painted SkyPainter::paint(ProfileFamily const& family, ProfilePoint const& point,
                          SkyHalo const& halo, Claims const& claims) {
  double const distance = norm(halo.position), r_cut = halo.r200 * family.x_cut();
  assert(is_outside(distance, r_cut));
  auto const sides = sides_at(halo.position);
  double const pixel = sides.longest, narrow = sides.shortest;
  double const angle_200 = halo.r200 / distance, volume = cube_of(halo.r200) * halo.weight;
  double const total = seen_integral(family, point, r_cut, distance, enclosed_) * volume;
  assert(claims.empty() || !beam_.is_on());
  if (beam_.is_on()) return paint_through_beam(family, point, halo, total);
  if (claims.swallow(r_cut)) return {0, total, {}};
  if (angle_200 < points_below * narrow)
    return paint_points(family, point, halo, claims, family.x_cut() / 4, total);
  SkyDirection const centre(halo.position);
  double const sin_radius = r_cut / distance;
  std::size_t const size = nodes_for(narrow / angle_200, family.x_cut()) + 2;
  auto const projected = std::span(projected_).first(size), mean = std::span(mean_).first(size);
  auto const averages = std::span(smoothed_).first(size);
  family.projected(point, projected);
  family.mean_projected(point, mean);
  average_over(mean_side(sides) / angle_200, family.x_cut(), projected, averages);
  core_.begin(centre, mean, sin_radius, 0.3 * angle_200);
  row_.begin(centre, averages, sin_radius);
  stamp_.build(map_, centre, std::asin(sin_radius), core_radius(sides), row_, core_);
  Painted result{total, 0, {}};
  double const unit = halo.r200 * halo.weight;
  double factor = unit * factor_to(total, stamp_.integral() * unit, total, result);
  if (!claims.empty()) {
    auto const left = leave_unclaimed(family, point, halo, claims, centre, mean, factor, result);
    if (!left)
      return paint_points(family, point, halo, claims,
                          std::clamp(pixel / angle_200, 0.25, family.x_cut() / 4), total);
    factor = *left;
  }
  add_stamp(factor, result);
  return result;
}

std::optional<double> SkyPainter::leave_unclaimed(ProfileFamily const& family,
                                                  ProfilePoint const& point, SkyHalo const& halo,
                                                  Claims const& claims, SkyDirection const& centre,
                                                  std::span<double const> mean, double factor,
                                                  Painted& result) {
  double const distance = norm(halo.position), r_cut = halo.r200 * family.x_cut();
  double const whole = result.painted;
  constexpr std::size_t n_nodes = ProfileFamily::n_nodes / ProfileFamily::largest_stride;
  auto const enclosed = std::span(enclosed_).first(n_nodes + 2);
  family.enclosed(point, enclosed);
  double const left = ShellShare(claims, halo.position).left_of(enclosed, r_cut / real(n_nodes)) *
                      cube_of(halo.r200) * halo.weight / (distance * distance);
  // Of a receding halo in a map of velocities both are negative: only their ratio says what is cut.
  double const share = std::min(1.0, left / whole);
  if (share == 1) return factor;
  result.painted = share * whole;
  result.removed = whole - result.painted;
  auto pieces = std::span<TableNode const>(line_pieces_);
  if (claimed_.is_tiny(halo.r200 / distance))
    pieces = family.nearest_line_pieces(point);
  else
    family.line_pieces(point, line_pieces_);
  claimed_.take({&centre, distance, halo.r200, r_cut, {pieces.data(), r_cut}, mean}, claims,
                stamp_);
  if (!stamp_.is_whole()) return factor;
  double const sampled = factor * stamp_.integral() / whole, error = std::abs(sampled - share);
  if (error > claimed_error || sampled <= least_sampled * share) return {};
  result.sampling_error = std::max(result.sampling_error.value_or(0), error);
  return factor * share / sampled;
}

void SkyPainter::average_over(double pixel_r200, double x_cut, std::span<double const> projected,
                              std::span<float> averages) {
  // The mean over a square of side p is f + p^2/24 (f'' + f'/x); the derivatives from neighbours
  // 0.4 p away stay tame at the end of the profile.
  auto const n = static_cast<int>(projected.size()) - 2;
  double const node = x_cut / n;
  int const away = std::max(1, static_cast<int>(std::lround(0.4 * pixel_r200 / node)));
  double const ratio = pixel_r200 / (real(away) * node);
  double const weight = ratio * ratio / 24;
  // Nearer to the centre pixels are integrated otherwise.
  smooth(projected.data(), std::min(away, n), away, n, weight, averages.data());
}

Painted SkyPainter::paint_through_beam(ProfileFamily const& family, ProfilePoint const& point,
                                       SkyHalo const& halo, double total) {
  auto const sides = sides_at(halo.position);
  double const distance = norm(halo.position);
  double const sin_cut = halo.r200 * family.x_cut() / distance;
  double const sin_radius = std::min(sin_cut + beam_.reach(), 0.999);
  constexpr double nodes_per_pixel = 16, fewest = 64;
  auto const n = static_cast<std::size_t>(std::clamp(nodes_per_pixel * sin_radius / sides.shortest,
                                                     fewest, real(ProfileFamily::n_nodes)));
  family.projected(point, projected_);
  beamed_.resize(n + 2);
  beam_.convolve(projected_, sin_cut, beamed_);
  auto const mean = std::span(mean_).first(n + 2);
  disc_means(beamed_, sin_radius / real(n), mean);
  auto const averages = std::span(smoothed_).first(n + 2);
  average_over(mean_side(sides), sin_radius, beamed_, averages);
  SkyDirection const centre(halo.position);
  core_.begin(centre, mean, sin_radius, std::max(0.3 * halo.r200 / distance, beam_.sigma()));
  row_.begin(centre, averages, sin_radius);
  stamp_.build(map_, centre, std::asin(sin_radius), core_radius(sides), row_, core_);
  Painted result{total, 0, {}};
  double const unit = halo.r200 * halo.weight;
  add_stamp(unit * factor_to(total, stamp_.integral() * unit, total, result), result);
  return result;
}

Painted SkyPainter::paint_points(ProfileFamily const& family, ProfilePoint const& point,
                                 SkyHalo const& halo, Claims const& claims, double spacing_r200,
                                 double total) {
  family.enclosed(point, enclosed_);
  LeftShells shells(enclosed_, claims, {family.x_cut(), halo.r200, halo.position});
  double const unit = cube_of(halo.r200) * halo.weight / norm2(halo.position);
  SkyDirection const centre(halo.position);
  Mat3 const to_local = centre.to_local();
  points_inside_ = 0;
  shells.for_each_point(sampler_, spacing_r200, [&](Vec3 const& offset, double share) {
    add_point(centre, to_local * setsz::unit(halo.position + offset), unit * share);
  });
  double const left = unit * shells.left();
  double const removed = claims.empty() ? 0 : (1 - std::min(1.0, left / total)) * total;
  return {map_.grid().is_full() ? left : points_inside_, removed, {}};
}

}  // namespace setsz
