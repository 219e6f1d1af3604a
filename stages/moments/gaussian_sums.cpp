// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/gaussian_sums.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_channels = 9, n_values = 8, block_size = 256;

/// Distances of a block of particles to the planes of targets along one axis, and their Gaussians.
class AxisTable {
 public:
  /// Planes within reach of a particle.
  struct Reach {
    std::int64_t begin = 0, end = 0;
  };

  AxisTable(TargetRows const& targets, double h)
      : begin_(targets.begin()), width_(targets.end() - begin_), h_(h) {
    for (std::int64_t i = begin_; i < targets.end(); ++i) centre_.push_back(targets.centre(i));
    gaussian_.resize(block_size * width_);
    distance2_.resize(block_size * width_);
  }

  void fill(double const* q, std::int64_t n) {
    double const cut = gaussian_cut * h_, to_exponent = -0.5 / (h_ * h_);
    for (std::int64_t p = 0; p < n; ++p) {
      auto const first = std::lower_bound(centre_.begin(), centre_.end(), q[p] - cut);
      auto const last = std::upper_bound(first, centre_.end(), q[p] + cut);
      Reach const reach{first - centre_.begin(), last - centre_.begin()};
      for (std::int64_t i = reach.begin; i < reach.end; ++i) {
        double const distance = centre_[i] - q[p];
        distance2_[p * width_ + i] = distance * distance;
        gaussian_[p * width_ + i] = std::exp(distance * distance * to_exponent);
      }
      reach_[p] = {begin_ + reach.begin, begin_ + reach.end};
    }
  }

  Reach reach(std::int64_t p) const { return reach_[p]; }
  /// By plane.
  double const* gaussian(std::int64_t p) const { return gaussian_.data() + p * width_ - begin_; }
  double const* distance2(std::int64_t p) const { return distance2_.data() + p * width_ - begin_; }

 private:
  std::int64_t begin_, width_;
  double h_;
  std::vector<double> centre_, gaussian_, distance2_;
  std::array<Reach, block_size> reach_{};
};

/// A block of particles and its tables.
struct Block {
  Tracers const& tracers;
  std::int64_t first = 0, size = 0;
  AxisTable x, y, z;
};

/// Adds w (1, q, v, |v|^2) and w^2 to a row of n targets, with w = weight[k] scale.
/// \param sums  of the first channel; the next one is `stride` further
[[gnu::always_inline]] inline void add_to_row(double const* __restrict weight, double scale,
                                              std::array<double, n_values> const& value,
                                              std::int64_t n, double* __restrict sums,
                                              std::int64_t stride) {
  double* __restrict s0 = sums;
  double* __restrict s1 = sums + stride;
  double* __restrict s2 = sums + 2 * stride;
  double* __restrict s3 = sums + 3 * stride;
  double* __restrict s4 = sums + 4 * stride;
  double* __restrict s5 = sums + 5 * stride;
  double* __restrict s6 = sums + 6 * stride;
  double* __restrict s7 = sums + 7 * stride;
  double* __restrict s8 = sums + 8 * stride;
  auto const [v0, v1, v2, v3, v4, v5, v6, v7] = value;
#pragma GCC ivdep
  for (std::int64_t k = 0; k < n; ++k) {
    double const w = scale * weight[k];
    s0[k] += w * v0;
    s1[k] += w * v1;
    s2[k] += w * v2;
    s3[k] += w * v3;
    s4[k] += w * v4;
    s5[k] += w * v5;
    s6[k] += w * v6;
    s7[k] += w * v7;
    s8[k] += w * w;
  }
}

/// Adds a block of particles to the plane i of targets.
SETSZ_DISPATCH
void add_to_plane(Block const& block, TargetRows const& targets, double cut2, std::int64_t i,
                  double* sums) {
  auto const& t = block.tracers;
  double const inverse_voxel = 1 / targets.lattice().voxel_r200(), z0 = targets.centre(0);
  for (std::int64_t p = 0; p < block.size; ++p) {
    auto const planes = block.x.reach(p);
    if (i < planes.begin || i >= planes.end) continue;
    std::int64_t const at = block.first + p;
    double const vx = t.vx[at], vy = t.vy[at], vz = t.vz[at], z = t.z[at];
    std::array<double, n_values> const value{1,  t.x[at], t.y[at], z,
                                             vx, vy,      vz,      vx * vx + vy * vy + vz * vz};
    double const weight = t.weight * block.x.gaussian(p)[i], left = cut2 - block.x.distance2(p)[i];
    auto const rows = block.y.reach(p);
    for (std::int64_t j = rows.begin; j < rows.end; ++j) {
      double const half2 = left - block.y.distance2(p)[j];
      if (half2 < 0) continue;
      auto const& row = targets.row(i, j);
      double const half = std::sqrt(half2);
      auto const begin = std::max(
          row.begin, static_cast<std::int64_t>(std::ceil((z - half - z0) * inverse_voxel)));
      auto const end = std::min(
          row.end, static_cast<std::int64_t>(std::floor((z + half - z0) * inverse_voxel)) + 1);
      if (begin >= end) continue;
      add_to_row(block.z.gaussian(p) + begin, weight * block.y.gaussian(p)[j], value, end - begin,
                 sums + row.first * n_channels + (begin - row.begin), row.size());
    }
  }
}

}  // namespace

GaussianSums::GaussianSums(TargetRows const& targets, double h_r200, Tracers const& tracers)
    : sums_(targets.size() * n_channels, 0) {
  double const cut = gaussian_cut * h_r200;
  AxisTable const empty(targets, h_r200);
  Block block{.tracers = tracers, .x = empty, .y = empty, .z = empty};
  // Block by block and plane by plane: the sums of a plane stay in the cache.
  for (; block.first < tracers.size(); block.first += block_size) {
    block.size = std::min(block_size, tracers.size() - block.first);
    block.x.fill(tracers.x.data() + block.first, block.size);
    block.y.fill(tracers.y.data() + block.first, block.size);
    block.z.fill(tracers.z.data() + block.first, block.size);
    for (std::int64_t i = targets.begin(); i < targets.end(); ++i)
      add_to_plane(block, targets, cut * cut, i, sums_.data());
  }
}

GaussianSum GaussianSums::at(TargetRows::Row const& row, std::int64_t target) const {
  double const* const s = sums_.data() + row.first * n_channels + (target - row.first);
  auto const channel = [&](std::int64_t c) { return s[c * row.size()]; };
  return {.weight = channel(0),
          .weight2 = channel(8),
          .position = {channel(1), channel(2), channel(3)},
          .velocity = {channel(4), channel(5), channel(6)},
          .velocity2 = channel(7)};
}

}  // namespace setsz
