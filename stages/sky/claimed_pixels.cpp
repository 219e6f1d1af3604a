// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/claimed_pixels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// Below this R200/pixel lines go through points of the halo, not of the pixels.
constexpr double points_below = 1;
/// Pixels larger than this [R200] have four lines, others one; more near the centre.
constexpr double line_spacing_r200 = 0.3;
constexpr double core_pixels = 1.5, core_r200 = 0.75;

/// Lines are followed by so many at a time: what belongs to them stays in the nearest cache.
constexpr std::size_t block = 128, lines_at_once = 4096;
using Numbers = std::array<float, block>;
struct Lines {
  int n;
  Numbers b, half;  ///< see find_chords()
  float const* whole;
};
struct Pieces {
  Numbers first, last;
};

/// Of lines along (x, y, z) in the local frame of a halo at (0, 0, distance): how far from its
/// centre they pass, and half of their chords through it.
SETSZ_DISPATCH
void find_chords(double const* __restrict x, double const* __restrict y, int n, double distance,
                 double r_cut, float* __restrict b, float* __restrict half) {
  double const cut2 = r_cut * r_cut, distance2 = distance * distance;
  for (int i = 0; i < n; ++i) {
    double const b2 = distance2 * (x[i] * x[i] + y[i] * y[i]), left = cut2 - b2;
    b[i] = std::sqrt(single(b2));
    half[i] = std::sqrt(single(left > 0 ? left : 0));
  }
}

/// The piece of each chord in a ball, from the line's foot (its point nearest to the centre).
/// \return the number of pieces that are not empty
SETSZ_DISPATCH
int find_pieces(double const* __restrict x, double const* __restrict y,
                float const* __restrict half, int n, double distance, Claims::Ball const& ball,
                float* __restrict first, float* __restrict last) {
  double const cx = ball.centre.x, cy = ball.centre.y, cz = ball.centre.z;
  double const inside = ball.radius2 - (cx * cx + cy * cy + cz * cz), d = distance;
  int some = 0;
  for (int i = 0; i < n; ++i) {
    double const q = x[i] * x[i] + y[i] * y[i], z = std::sqrt(q < 1 ? 1 - q : 0);
    double const across = cx * x[i] + cy * y[i], along = across + cz * z;
    // The foot is d (z x, z y, -q).
    double const h2 = inside + 2 * d * (z * across - cz * q) - d * d * q + along * along;
    float const h = std::sqrt(single(h2 > 0 ? h2 : 0)), middle = single(along);
    float const low = middle - h, high = middle + h, most = half[i];
    first[i] = low < -most ? -most : low > most ? most : low;
    last[i] = high < -most ? -most : high > most ? most : high;
    some += first[i] < last[i] ? 1 : 0;
  }
  return some;
}

/// What two pieces of a chord have in common.
SETSZ_DISPATCH
int intersect(float const* __restrict first_a, float const* __restrict last_a,
              float const* __restrict first_b, float const* __restrict last_b, int n,
              float* __restrict first, float* __restrict last) {
  int some = 0;
  for (int i = 0; i < n; ++i) {
    float const low = first_a[i] > first_b[i] ? first_a[i] : first_b[i];
    float const high = last_a[i] < last_b[i] ? last_a[i] : last_b[i];
    first[i] = low;
    last[i] = high > low ? high : low;
    some += low < high ? 1 : 0;
  }
  return some;
}

/// Integrals over whole chords.
SETSZ_DISPATCH
void whole_chords(TableNode const* __restrict table, float const* __restrict b,
                  float const* __restrict half, int n, float* __restrict whole) {
  for (int i = 0; i < n; ++i) whole[i] = 2 * LinePieces::to_surface(table, b[i], half[i]);
}

/// Adds sign x the integrals over pieces. One end of most is that of the chord, where the integral
/// is known: so nothing is left of a chord that is taken whole.
SETSZ_DISPATCH
void add_pieces(TableNode const* __restrict table, float per_cut, Lines const& lines,
                Pieces const& pieces, float sign, float* __restrict sum) {
  int const n = lines.n;
  float const *const b = lines.b.data(), *const half = lines.half.data();
  float const *const first = pieces.first.data(), *const last = pieces.last.data();
  int inner[block];
  for (int i = 0; i < n; ++i) {
    bool const to_end = last[i] == half[i], from_start = first[i] == -half[i];
    float const end = to_end ? first[i] : last[i], surface = 0.5F * lines.whole[i];
    float const at_end = LinePieces::from_foot(table, per_cut, b[i], end);
    float const high = to_end ? surface : at_end;
    float const low = from_start ? -surface : to_end ? at_end : 0;
    sum[i] += first[i] < last[i] ? sign * (high - low) : 0;
    inner[i] = first[i] < last[i] && !to_end && !from_start ? 1 : 0;
  }
  // The other ends of those that end inside the halo at both ends.
  int which[block], m = 0;
  for (int i = 0; i < n; ++i) {
    which[m] = i;
    m += inner[i];
  }
  float b_of[block], l_of[block];
  for (int i = 0; i < m; ++i) {
    b_of[i] = b[which[i]];
    l_of[i] = first[which[i]];
  }
  for (int i = 0; i < m; ++i) l_of[i] = LinePieces::from_foot(table, per_cut, b_of[i], l_of[i]);
  for (int i = 0; i < m; ++i) sum[which[i]] -= sign * l_of[i];
}

/// Runs of few pixels go in blocks of this many: what is left over would cost more one by one.
constexpr int run_block = 8;

/// Multiplies pixels with the shares that are left of their lines, the lines part by part.
/// \pre run_block - 1 numbers behind the lines can be read
SETSZ_DISPATCH
void leave_shares(float const* __restrict whole, float const* __restrict left, int n, int parts,
                  double* __restrict values) {
  for (int begin = 0; begin < n; begin += run_block) {
    float all[run_block] = {}, rest[run_block] = {};
    for (int p = 0; p < parts; ++p) {
      auto const row = std::ptrdiff_t{p} * n + begin;
      float const *const w = whole + row, *const l = left + row;
      for (int i = 0; i < run_block; ++i) {
        all[i] += w[i];
        rest[i] += l[i];
      }
    }
    double share[run_block];
    for (int i = 0; i < run_block; ++i) {
      double const ratio = double{rest[i]} / double{all[i]};
      share[i] = all[i] > 0 && rest[i] > 0 ? ratio : 0;
    }
    int const m = n - begin < run_block ? n - begin : run_block;
    for (int i = 0; i < m; ++i) values[begin + i] *= share[i];
  }
}

/// Directions of points of a ring, near the centre by series to 1e-12; in whole blocks.
constexpr double largest_series = 0.1;
SETSZ_DISPATCH
void point_near(double s, double z, double s0, double z0, double first, double step, int n,
                double* __restrict x, double* __restrict y) {
  double const toward = s * z0 - z * s0, across = s * z0;
  int const whole = (n + run_block - 1) / run_block * run_block;
  for (int i = 0; i < whole; ++i) {
    double const dphi = first + step * i, q = dphi * dphi;
    double const less = q * (1.0 / 2 - q * (1.0 / 24 - q * (1.0 / 720 - q * (1.0 / 40320))));
    double const sine = dphi * (1 - q * (1.0 / 6 - q * (1.0 / 120 - q * (1.0 / 5040))));
    x[i] = s * sine;
    y[i] = toward - across * less;
  }
}

void point_lines(SkyDirection const& centre, RingPoints const& points, double* x, double* y) {
  double const s = points.s, z = points.z, first = points.dphi_first, step = points.dphi_step;
  auto const count = static_cast<int>(points.count);
  if (std::max(std::abs(first), std::abs(first + step * count)) < largest_series)
    return point_near(s, z, centre.s, centre.z, first, step, count, x, y);
  for (int i = 0; i < count; ++i) {
    double const dphi = first + step * i;
    x[i] = s * std::sin(dphi);
    y[i] = s * centre.z * std::cos(dphi) - z * centre.s;
  }
}

void point_lines(SkyDirection const& /*centre*/, FlatPoints const& points, double* x, double* y) {
  points.for_each_block([&](FlatPoints::Places const& places, std::int64_t first, int n) {
    std::copy_n(places.x, n, x + first);
    std::copy_n(places.y, n, y + first);
  });
}

/// Points on a disc, one for each of many rings, denser inside: they turn by the golden angle from
/// ring to ring, so that any few neighbouring rings cover all azimuths.
struct Spiral {
  // A Fibonacci number: half the error of other numbers around it.
  static constexpr std::size_t n_points = 233;
  std::array<double, n_points + 1> edges;  ///< of the rings, in units of the disc's radius
  std::array<double, n_points> radius, cosine, sine;
  Spiral() {
    auto const ring = [](double k) { return std::pow(k / n_points, 1.5); };
    edges[0] = 0;
    for (std::size_t i = 0; i < n_points; ++i) {
      edges[i + 1] = ring(real(i) + 1);
      radius[i] = ring(real(i) + 0.5);
      double const turn = 2 * std::numbers::pi * 0.61803398875 * real(i);
      cosine[i] = std::cos(turn);
      sine[i] = std::sin(turn);
    }
  }
};

}  // namespace

std::optional<SkyDisc> ClaimedPixels::disc_of(std::optional<Claims::Ball> const& ball) const {
  if (!ball) return {};
  Halo const& halo = *halo_;
  // A sphere around what the ball and the halo have in common: the smaller of them, or a sphere
  // around the circle in which they meet.
  double const cut2 = halo.r_cut * halo.r_cut, d = norm(ball->centre);
  double const plane = (d * d + cut2 - ball->radius2) / (2 * std::max(d, 1e-9 * halo.r_cut));
  Vec3 around = ball->centre;
  double radius2 = ball->radius2;
  if (plane < 0) {
    around = {};
    radius2 = cut2;
  } else if (plane < d) {
    around = plane / d * ball->centre;
    radius2 = std::max(0.0, cut2 - plane * plane);
  }
  SkyDirection const& centre = *halo.centre;
  Vec3 const seen = around.x * centre.east + around.y * centre.south +
                    (around.z + halo.distance) * centre.outwards;
  double const sine2 = radius2 / norm2(seen);
  if (sine2 > 0.9) return {};
  SkyDirection near(seen);
  // Count longitudes as the halo's rows do.
  double const turns = std::round((near.phi - centre.phi) / (2 * std::numbers::pi));
  near.phi -= 2 * std::numbers::pi * turns;
  return SkyDisc(geometry_, near, std::asin(std::sqrt(sine2)) + geometry_.largest_pixel_radius());
}

void ClaimedPixels::find_discs(std::span<Neighbour const> neighbours) {
  disc_rows_.resize(neighbours.size());
  anywhere_ = false;
  for (std::size_t i = 0; i < neighbours.size(); ++i) {
    auto const disc = disc_of(claims_->ball(neighbours[i]));
    if (disc) disc->list_rows(disc_rows_[i]);
    anywhere_ = anywhere_ || !disc;
  }
}

void ClaimedPixels::take(Halo const& halo, Claims const& claims, Stamp& stamp) {
  halo_ = &halo;
  claims_ = claims.rotated(halo.centre->to_local());
  auto const& neighbours = claims_->neighbours();
  balls_.clear();
  for (auto const& other : neighbours)
    if (auto const ball = claims_->ball(other)) balls_.push_back(*ball);
  all_balls_ = balls_.size() == neighbours.size() && balls_.size() <= 2;
  double const pixel = geometry_.pixel_size(), angle_200 = halo.r200 / halo.distance;
  if (is_tiny(angle_200)) return take_by_points(stamp);
  find_discs(neighbours);
  double nearest = HUGE_VAL;  // surface to the centre
  for (auto const& ball : balls_)
    nearest = std::min(nearest, std::abs(norm(ball.centre) - std::sqrt(ball.radius2)));
  level_ = pixel > line_spacing_r200 * angle_200 ? 1 : 0;
  double const core = std::max(core_pixels * pixel, core_r200 * angle_200);
  core_level_ = nearest < core * halo.distance ? 2 : level_ + 1;
  SkyDisc(geometry_, *halo.centre, core).list_rows(core_rows_);
  n_lines_ = 0;
  runs_.clear();
  stamp.for_each_row([&](Stamp::RowView const& row) { find_lines(row); });
  take_from_runs();
  stamp.add_up();
}

Range ClaimedPixels::row_of(std::vector<SkyDisc::Row> const& rows, std::int64_t ring) {
  if (rows.empty() || ring < rows.front().ring || ring > rows.back().ring) return {};
  return rows[static_cast<std::size_t>(ring - rows.front().ring)].pixels;
}

Range ClaimedPixels::meeting(std::int64_t ring, Range pixels) const {
  std::int64_t const n = geometry_.pixels_in(ring);
  if (anywhere_ || pixels.size() == n) return pixels;
  Range hull{pixels.last, pixels.first};
  for (auto const& rows : disc_rows_) {
    Range const met = row_of(rows, ring);
    if (met.size() == n) return pixels;
    if (met.size() <= 0) continue;
    hull.first = std::min(hull.first, std::max(met.first, pixels.first));
    hull.last = std::max(hull.last, std::min(met.last, pixels.last));
  }
  return hull;
}

void ClaimedPixels::find_lines(Stamp::RowView const& row) {
  Range const met = meeting(row.ring, row.pixels);
  if (met.size() <= 0) return;
  Range const near = row_of(core_rows_, row.ring);
  Range const core{std::clamp(near.first, met.first, met.last),
                   std::clamp(near.last, met.first, met.last)};
  double* const first = row.values - row.pixels.first;
  if (core.size() <= 0) return add_lines(row.ring, met, level_, first + met.first);
  add_lines(row.ring, {met.first, core.first}, level_, first + met.first);
  add_lines(row.ring, core, core_level_, first + core.first);
  add_lines(row.ring, {core.last, met.last}, level_, first + core.last);
}

void ClaimedPixels::add_lines(std::int64_t ring, Range pixels, int level, double* values) {
  if (pixels.size() <= 0) return;
  SkyDirection const& centre = *halo_->centre;
  auto const n = static_cast<std::size_t>(pixels.size());
  int const parts = 1 << level;
  auto const* healpix = geometry_.healpix();
  std::array<RingCircle, 7> circles;  // of HEALPix, where parts of equal a + b lie on one
  for (int k = 0; healpix && k < 2 * parts - 1; ++k)
    circles[static_cast<std::size_t>(k)] = healpix->circle(ring, {(k + 1.0) / parts - 1, 0});
  runs_.push_back({values, n, static_cast<std::size_t>(parts) * static_cast<std::size_t>(parts)});
  for (int a = 0; a < parts; ++a) {
    for (int b = 0; b < parts; ++b) {
      PixelPart const part{(a + 0.5) / parts - 0.5, (b + 0.5) / parts - 0.5};
      int const diagonal = a + b;
      auto const circle =
          healpix ? circles[static_cast<std::size_t>(diagonal)] : geometry_.circle(ring, part);
      std::size_t const begin = n_lines_;
      n_lines_ += n;
      make_room();
      geometry_.for_each_piece(ring, part, pixels.first, pixels.last, [&](auto const& piece) {
        std::size_t const at = begin + static_cast<std::size_t>(piece.first - pixels.first);
        point_lines(centre, seen_from(centre, circle, piece), x_.data() + at, y_.data() + at);
      });
    }
  }
  if (n_lines_ > lines_at_once) take_from_runs();
}

void ClaimedPixels::make_room() {
  if (x_.size() >= n_lines_ + run_block) return;
  for (auto* list : {&x_, &y_}) list->resize(2 * n_lines_ + run_block);
  for (auto* list : {&whole_, &left_}) list->resize(2 * n_lines_ + run_block);
}

void ClaimedPixels::take_from_runs() {
  follow_lines();
  std::size_t begin = 0;
  for (auto const& run : runs_) {
    leave_shares(whole_.data() + begin, left_.data() + begin, static_cast<int>(run.n),
                 static_cast<int>(run.parts), run.values);
    begin += run.parts * run.n;
  }
  runs_.clear();
  n_lines_ = 0;
}

void ClaimedPixels::follow_lines() {
  for (std::size_t first = 0; first < n_lines_; first += block)
    follow_block(first, std::min(block, n_lines_ - first));
}

void ClaimedPixels::follow_block(std::size_t begin, std::size_t n_lines) {
  auto const n = static_cast<int>(n_lines);
  double const *const x = x_.data() + begin, *const y = y_.data() + begin;
  float *const whole = whole_.data() + begin, *const left = left_.data() + begin;
  auto const* table = halo_->pieces.table();
  auto const per_cut = single(halo_->pieces.per_cut());
  Lines lines{n, {}, {}, whole};
  find_chords(x, y, n, halo_->distance, halo_->r_cut, lines.b.data(), lines.half.data());
  if (!all_balls_) return follow_along(begin, n_lines, lines.b.data(), lines.half.data());
  whole_chords(table, lines.b.data(), lines.half.data(), n, whole);
  std::copy_n(whole, n, left);
  std::array<Pieces, 2> taken;
  for (std::size_t i = 0; i < balls_.size(); ++i) {
    int const some = find_pieces(x, y, lines.half.data(), n, halo_->distance, balls_[i],
                                 taken[i].first.data(), taken[i].last.data());
    if (some > 0) add_pieces(table, per_cut, lines, taken[i], -1, left);
  }
  if (balls_.size() == 1) return;
  Pieces both;
  int const some = intersect(taken[0].first.data(), taken[0].last.data(), taken[1].first.data(),
                             taken[1].last.data(), n, both.first.data(), both.last.data());
  if (some > 0) add_pieces(table, per_cut, lines, both, 1, left);
}

void ClaimedPixels::follow_along(std::size_t begin, std::size_t n_lines, float const* b,
                                 float const* half) {
  double const *const x = x_.data() + begin, *const y = y_.data() + begin;
  for (std::size_t i = 0; i < n_lines; ++i) {
    float const whole = single(halo_->pieces.between(b[i], -half[i], half[i]));
    whole_[begin + i] = left_[begin + i] = whole;
    if (half[i] == 0) continue;
    double const q = x[i] * x[i] + y[i] * y[i], z = std::sqrt(1 - q), d = halo_->distance;
    claims_->along({d * z * x[i], d * z * y[i], -d * q}, {x[i], y[i], z}, half[i], taken_);
    for (auto const& piece : taken_)
      left_[begin + i] -= single(halo_->pieces.between(b[i], piece.first, piece.last));
  }
}

bool ClaimedPixels::is_tiny(double angle_200) const {
  return angle_200 < points_below * geometry_.pixel_size();
}

void ClaimedPixels::take_by_points(Stamp& stamp) {
  static Spiral const points;
  double const sine = halo_->r_cut / halo_->distance;
  n_lines_ = Spiral::n_points;
  make_room();
  energy_.clear();
  double inner = 0;
  for (std::size_t i = 0; i < n_lines_; ++i) {
    double const outer = within(points.edges[i + 1]), radius = sine * points.radius[i];
    energy_.push_back(outer - inner);
    inner = outer;
    x_[i] = radius * points.cosine[i];
    y_[i] = radius * points.sine[i];
  }
  follow_lines();
  share_points(stamp);
  n_lines_ = 0;
  stamp.add_up();
}

void ClaimedPixels::share_points(Stamp& stamp) {
  shares_.assign(static_cast<std::size_t>(stamp.n_pixels()), Share{});
  points_.find(geometry_, *halo_->centre, x_.data(), y_.data(), n_lines_,
               halo_->r_cut / halo_->distance);
  Share all{};
  for (std::size_t i = 0; i < n_lines_; ++i) {
    double const left = energy_[i] * std::max(0.0F, left_[i] / whole_[i]);
    all.whole += energy_[i];
    all.left += left;
    auto const at = stamp.index_of(points_[i], geometry_);
    if (!at) continue;
    shares_[*at].whole += energy_[i];
    shares_[*at].left += left;
  }
  // Pixels that no point hits: as the halo.
  auto share = shares_.begin();
  stamp.for_each_row([&](Stamp::RowView const& row) {
    for (std::int64_t k = 0; k < row.pixels.size(); ++k, ++share) {
      Share const& own = share->whole > 0 ? *share : all;
      row.values[k] *= own.left / own.whole;
    }
  });
}

double ClaimedPixels::within(double edge) const {
  double const place = edge * real(halo_->mean.size() - 2);
  auto const i = static_cast<std::size_t>(place);
  double const f = place - real(i);
  return edge * edge * (halo_->mean[i] + f * (halo_->mean[i + 1] - halo_->mean[i]));
}

}  // namespace setsz
