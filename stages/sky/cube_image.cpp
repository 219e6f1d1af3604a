// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/cube_image.hpp"
#include "pipeline/base/number.hpp"

#include <cmath>

namespace setsz {

void CubeImage::project(SparseCube const& cube, SkyDirection const& centre, double distance,
                        Claims const& claims, double node, int max_cuts) {
  radius_ = std::asin(cube.reach / distance);
  node_ = node;
  // One node more on each side for the bilinear weights.
  n_ = 3 + 2 * static_cast<std::int64_t>(std::ceil(2 * std::sin(radius_ / 2) / node));
  half_ = node * real(n_ - 1) / 2;
  values_.assign(n_ * n_, 0.0);
  total_ = removed_ = 0;

  int const cuts =
      std::clamp(static_cast<int>(std::ceil(cube.voxel_edge / (distance * node))), 1, max_cuts);
  Mat3 const to_local = centre.to_local();
  auto const add = [&](Vec3 const& offset, double pv) {
    Vec3 const local = to_local * offset;
    Vec3 const seen{local.x, local.y, local.z + distance};
    double const chi2 = norm2(seen), chi = std::sqrt(chi2);
    double const brightness = pv / chi2;
    total_ += brightness;
    // (X, Y) = (x, y)/chi sqrt(2 / (1 + cos)); n.n0 = z/chi
    double const f = std::sqrt(2 / (chi * (chi + seen.z)));
    double const x = (seen.x * f + half_) / node_, y = (seen.y * f + half_) / node_;
    auto const i = static_cast<std::int64_t>(x), j = static_cast<std::int64_t>(y);
    double const p = x - real(i), q = y - real(j);
    double* const corner = values_.data() + (i * n_ + j);
    corner[0] += brightness * (1 - p) * (1 - q);
    corner[1] += brightness * (1 - p) * q;
    corner[n_] += brightness * p * (1 - q);
    corner[n_ + 1] += brightness * p * q;
  };
  for_each_part(cube, cuts, claims, add, [&](Vec3 const& offset, double pv) {
    removed_ += pv / norm2(distance * centre.outwards + offset);
  });
  sharpen(cube.voxel_edge / (distance * node * cuts));
}

void CubeImage::sharpen(double part) {
  // What moves from the lower of two neighbours to the higher one, of their difference: half of the
  // variance that there is too much, per axis: the weights of the deposit and those of at() have
  // 1/6 each, the parts themselves part^2/12. No node loses more than it has.
  double const share = 0.5 * (1.0 / 3 - part * part / 12);
  auto const blurred = values_;
  auto const exchange = [&](std::int64_t a, std::int64_t b) {
    std::int64_t const low = blurred[a] < blurred[b] ? a : b, high = a + b - low;
    double const moved = std::min(share * (blurred[high] - blurred[low]), blurred[low] / 4);
    values_[low] -= moved;
    values_[high] += moved;
  };
  for (std::int64_t i = 0; i + 1 < n_; ++i) {
    for (std::int64_t j = 0; j + 1 < n_; ++j) {
      exchange(i * n_ + j, (i + 1) * n_ + j);
      exchange(i * n_ + j, i * n_ + j + 1);
    }
  }
}

double CubeImage::at(double east, double south, double toward) const {
  if (toward <= -0.5) return 0;
  double const f = std::sqrt(2 / (1 + toward)) / node_, middle = half_ / node_;
  double const x = east * f + middle, y = south * f + middle;
  auto const last = real(n_ - 1);
  if (!(x >= 0 && y >= 0 && x < last && y < last)) return 0;
  auto const i = static_cast<std::int64_t>(x), j = static_cast<std::int64_t>(y);
  double const p = x - real(i), q = y - real(j);
  double const* const corner = values_.data() + (i * n_ + j);
  return ((1 - p) * ((1 - q) * corner[0] + q * corner[1]) +
          p * ((1 - q) * corner[n_] + q * corner[n_ + 1])) /
         (node_ * node_);
}

void CubeImage::add_row(SkyDirection const& centre, RingPoints const& points,
                        double* values) const {
  // Steps along the ring are rotations by a fixed angle; the rotation is renewed now and then, so
  // that rounding does not grow.
  constexpr std::int64_t renew = 64;
  double const step_cosine = std::cos(points.dphi_step), step_sine = std::sin(points.dphi_step);
  double const s = points.s, z = points.z;
  double cosine = 1, sine = 0;
  for (std::int64_t i = 0; i < points.count; ++i) {
    if (i % renew == 0) {
      double const dphi = points.dphi_first + points.dphi_step * real(i);
      cosine = std::cos(dphi);
      sine = std::sin(dphi);
    }
    values[i] +=
        at(s * sine, s * centre.z * cosine - z * centre.s, s * centre.s * cosine + z * centre.z);
    double const turned = cosine * step_cosine - sine * step_sine;
    sine = sine * step_cosine + cosine * step_sine;
    cosine = turned;
  }
}

void CubeImage::add_row(SkyDirection const& /*centre*/, FlatPoints const& points,
                        double* values) const {
  points.for_each_block([&](FlatPoints::Places const& places, std::int64_t first, int n) {
    for (int i = 0; i < n; ++i)
      values[first + i] += places.sr[i] * at(places.x[i], places.y[i], places.toward[i]);
  });
}

}  // namespace setsz
