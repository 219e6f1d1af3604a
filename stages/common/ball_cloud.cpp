// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/ball_cloud.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/base/number.hpp"
#include "stages/common/ball_faces.hpp"

namespace setsz {

using namespace ball_faces;

/// Integral of x - a over {unit ball, x > a}.
double BallCloud::one_face_g(double a, double volume) {
  if (a >= 1) return 0;
  if (a <= -1) return -a * full;
  double const q2 = 1 - a * a;
  return pi / 4 * q2 * q2 - a * volume;
}

BallCloud::Pair BallCloud::pair_of(Axis const& first, std::size_t i, Axis const& second,
                                   std::size_t j) {
  double const a = first.at[i], b = second.at[j], a2 = a * a, b2 = b * b, t2 = 1 - a2 - b2;
  if (t2 <= 0) {  // reflected, a corner outside the ball cuts off nothing
    double g = a < 0 ? -a * second.g[j] : 0;
    if (b < 0) g -= b * (a < 0 ? first.g[i] + a * full : first.g[i]);
    return {t2, two_faces(a, b, first.volume[i], second.volume[j]), 0, 0, g};
  }
  double const t = std::sqrt(t2), qa2 = 1 - a2, qb2 = 1 - b2;
  double const to_a = angle(t, a), to_b = angle(t, b);
  double const volume =
      (2 * angle(t, a * b) - a * (3 - a2) * to_b - b * (3 - b2) * to_a + 2 * a * b * t) / 3;
  double const of_first = (qa2 * qa2 * to_b - b * t * (2 * t2 / 3 + qa2)) / 4;
  double const of_second = (qb2 * qb2 * to_a - a * t * (2 * t2 / 3 + qb2)) / 4;
  return {t2, volume, of_first, of_second,
          2 * t2 * t2 * t / 15 - b * of_first - a * of_second + a * b * volume};
}

double BallCloud::inside(std::array<std::size_t, 3> const& node, double s) const {
  double moments = 0, volume = pi / 6, product = 1;
  for (std::size_t d = 0; d < 3; ++d) {
    std::size_t const e = (d + 1) % 3, f = (d + 2) % 3;
    double const a = axes_[d].at[node[d]], b = axes_[e].at[node[e]], c = axes_[f].at[node[f]];
    Pair const& ab = pairs_[d][node[d] * axes_[e].at.size() + node[e]];
    Pair const& ca = pairs_[f][node[f] * axes_[d].at.size() + node[d]];
    double const q2 = 1 - a * a, c2 = c * c, t = std::sqrt(ab.t2);
    double const of_x =
        (ab.of_first + ca.of_second) / 2 - pi / 16 * q2 * q2 + b * c * (q2 - (b * b + c2) / 3) / 2;
    double const of_xy =
        (8 * ab.t2 * ab.t2 * t / 15 - c * (ab.t2 * ab.t2 - ab.t2 * c2 * (2.0 / 3) + c2 * c2 / 5)) /
        8;
    moments += b * c * of_x - c * of_xy;
    volume += ab.volume / 2 - axes_[d].volume[node[d]] / 4;
    product *= a;
  }
  return s * s * s / 48 + moments - product * (volume - product);
}

double BallCloud::three_faces_g(std::size_t i, std::size_t j, std::size_t k) const {
  auto const& [x, y, z] = axes_;
  double const a = x.at[i], b = y.at[j], c = z.at[k], s = 1 - a * a - b * b - c * c;
  if (s > 0) return inside({i, j, k}, s);
  // Without the coordinates' signs nothing would be cut off: G(a, ...) = -a G(...) + G(-a, ...).
  double g = 0;
  if (a < 0) g -= a * pairs_[1][j * z.at.size() + k].g;
  if (b < 0) {
    double const ca = pairs_[2][k * x.at.size() + i].g;
    g -= b * (a < 0 ? ca + a * z.g[k] : ca);
  }
  if (c < 0) {
    double ab = pairs_[0][i * y.at.size() + j].g;
    if (a < 0) ab += a * y.g[j];
    if (b < 0) ab += b * (a < 0 ? x.g[i] + a * full : x.g[i]);
    g -= c * ab;
  }
  return g;
}

void BallCloud::place_nodes(std::size_t d, double first_node) {
  auto& [at, volume, g, weights] = axes_[d];
  auto const n = static_cast<std::size_t>(block_.size[d] + 2);
  at.resize(n);
  volume.resize(n);
  g.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    at[i] = (first_node + real(i)) / radius_;
    volume[i] = one_face(at[i]);
    g[i] = one_face_g(at[i], volume[i]);
  }
}

BallCloud::Block BallCloud::operator()(Vec3 const& centre, double radius) {
  radius_ = radius;
  Vec3 const place = centre - Vec3{0.5, 0.5, 0.5};  // the centre of cell i is at i
  std::int64_t n = 1, n_cut = 0;
  for (std::size_t d = 0; d < 3; ++d) {
    double const low = std::floor(place[d] - radius), high = std::floor(place[d] + radius);
    block_.first[d] = static_cast<std::int64_t>(low);
    block_.size[d] = static_cast<std::int64_t>(high - low) + 2;
    n *= block_.size[d];
    if (high > low) ++n_cut;
  }
  if (radius > exact_below) {
    equal(place);
  } else {
    for (std::size_t d = 0; d < 3; ++d)
      if (n_cut == 3 || block_.size[d] > 2) place_nodes(d, real(block_.first[d] - 1) - place[d]);
    if (n_cut == 3)
      general();
    else if (n_cut == 2)
      cut_by_two(place);
    else
      separable(place);
  }
  block_.shares = {values_.data(), static_cast<std::size_t>(n)};
  return block_;
}

void BallCloud::fill_pairs(std::size_t d) {
  Axis const &first = axes_[d], &second = axes_[(d + 1) % 3];
  auto& pairs = pairs_[d];
  pairs.clear();
  for (std::size_t i = 0; i < first.at.size(); ++i)
    for (std::size_t j = 0; j < second.at.size(); ++j)
      pairs.push_back(pair_of(first, i, second, j));
}

/// Along the axis that no plane cuts, the shares are those of the centre.
void BallCloud::cut_by_two(Vec3 const& place) {
  std::size_t uncut = 0;
  while (block_.size[uncut] > 2) ++uncut;
  std::size_t const d = (uncut + 1) % 3, e = (uncut + 2) % 3;
  fill_pairs(d);
  std::vector<double>& plane = axes_[uncut].weights;
  plane.clear();
  for (Pair const& pair : pairs_[d]) plane.push_back(radius_ * radius_ / full * pair.g);
  std::size_t const nd = difference(plane, 1, axes_[d].at.size(), axes_[e].at.size()),
                    ne = difference(plane, nd, axes_[e].at.size(), 1);
  double const above = place[uncut] - real(block_.first[uncut]);
  std::array<double, 2> const along{1 - above, above};
  std::array<std::size_t, 3> i;
  values_.clear();
  for (i[0] = 0; std::cmp_less(i[0], block_.size[0]); ++i[0])
    for (i[1] = 0; std::cmp_less(i[1], block_.size[1]); ++i[1])
      for (i[2] = 0; std::cmp_less(i[2], block_.size[2]); ++i[2])
        values_.push_back(std::max(0.0, plane[i[d] * ne + i[e]]) * along[i[uncut]]);
}

void BallCloud::separable(Vec3 const& place) {
  for (std::size_t d = 0; d < 3; ++d) {
    auto& [at, volume, g, weights] = axes_[d];
    if (block_.size[d] == 2) {
      double const share = place[d] - real(block_.first[d]);
      weights = {1 - share, share};
      continue;
    }
    weights.resize(static_cast<std::size_t>(block_.size[d]));
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] = radius_ / full * (g[i] - 2 * g[i + 1] + g[i + 2]);
  }
  values_.clear();
  for (double const x : axes_[0].weights)
    for (double const y : axes_[1].weights)
      for (double const z : axes_[2].weights) values_.push_back(x * y * z);
}

std::size_t BallCloud::difference(std::vector<double>& values, std::size_t outer, std::size_t n,
                                  std::size_t inner) {
  double* out = values.data();
  for (std::size_t i = 0; i < outer; ++i)
    for (std::size_t j = 0; j + 2 < n; ++j) {
      double const* const in = values.data() + (i * n + j) * inner;
      for (std::size_t k = 0; k < inner; ++k)
        *out++ = (in[k] - in[k + inner]) - (in[k + inner] - in[k + 2 * inner]);
    }
  return n - 2;
}

void BallCloud::general() {
  for (std::size_t d = 0; d < 3; ++d) fill_pairs(d);
  std::size_t nx = axes_[0].at.size(), ny = axes_[1].at.size(), nz = axes_[2].at.size();
  values_.clear();
  for (std::size_t i = 0; i < nx; ++i)
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t k = 0; k < nz; ++k) values_.push_back(three_faces_g(i, j, k));
  nx = difference(values_, 1, nx, ny * nz);
  ny = difference(values_, nx, ny, nz);
  nz = difference(values_, nx * ny, nz, 1);
  double const unit = radius_ * radius_ * radius_ / full;
  for (std::size_t i = 0; i < nx * ny * nz; ++i) values_[i] *= unit;
  set_inner_shares();
}

/// Cells that see nothing but the ball, or nothing of it, are known without roundings.
void BallCloud::set_inner_shares() {
  double const whole = 1 / (full * radius_ * radius_ * radius_);
  auto const farther2 = [](double u, double v) { return std::max(u * u, v * v); };
  auto const nearer2 = [](double u, double v) { return u * v < 0 ? 0 : std::min(u * u, v * v); };
  auto const& [x, y, z] = axes_;
  std::size_t at = 0;
  for (std::size_t i = 0; i + 2 < x.at.size(); ++i)
    for (std::size_t j = 0; j + 2 < y.at.size(); ++j) {
      double const far = farther2(x.at[i], x.at[i + 2]) + farther2(y.at[j], y.at[j + 2]);
      double const near = nearer2(x.at[i], x.at[i + 2]) + nearer2(y.at[j], y.at[j + 2]);
      for (std::size_t k = 0; k + 2 < z.at.size(); ++k, ++at) {
        if (far + farther2(z.at[k], z.at[k + 2]) < 1) values_[at] = whole;
        if (near + nearer2(z.at[k], z.at[k + 2]) >= 1 || values_[at] < 0) values_[at] = 0;
      }
    }
}

void BallCloud::equal(Vec3 const& place) {
  values_.clear();
  std::int64_t n_inside = 0;
  Vec3 const first = Vec3{real(block_.first[0]), real(block_.first[1]), real(block_.first[2])};
  for (std::int64_t i = 0; i < block_.size[0]; ++i)
    for (std::int64_t j = 0; j < block_.size[1]; ++j)
      for (std::int64_t k = 0; k < block_.size[2]; ++k) {
        bool const in = norm2(first + Vec3{real(i), real(j), real(k)} - place) < radius_ * radius_;
        values_.push_back(in ? 1 : 0);
        n_inside += in ? 1 : 0;
      }
  for (double& value : values_) value /= real(n_inside);
}

}  // namespace setsz
