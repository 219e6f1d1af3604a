// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/gaussian_sums.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_channels = 9, n_values = 8, block_size = 256, longest_vector = 8;

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
    gaussian_.resize(block_size * width_ + longest_vector);  // read a vector at a time
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
  /// What a particle of weight 1 adds to the sums but the last: 1, q, v, |v|^2.
  std::array<std::array<double, n_values>, block_size> value{};

  void fill(std::int64_t first_particle) {
    auto const& t = tracers;
    first = first_particle;
    size = std::min(block_size, t.size() - first);
    x.fill(t.x.data() + first, size);
    y.fill(t.y.data() + first, size);
    z.fill(t.z.data() + first, size);
    for (std::int64_t p = 0; p < size; ++p) {
      std::int64_t const at = first + p;
      double const vx = t.vx[at], vy = t.vy[at], vz = t.vz[at];
      value[p] = {1, t.x[at], t.y[at], t.z[at], vx, vy, vz, vx * vx + vy * vy + vz * vz};
    }
  }
};

/// A particle that reaches a row of targets.
struct Reaching {
  double const* weight;     ///< along z, by voxel
  double const* value;      ///< see Block
  double scale;             ///< the other factors of its weight
  std::int64_t begin, end;  ///< voxels within reach
};

/// 0 for the first `longest_vector`, then 1 as often, then 0: a vector that begins in it is a mask.
constexpr auto ones = [] {
  std::array<double, 3 * longest_vector> numbers{};
  for (std::int64_t k = 0; k < longest_vector; ++k) numbers[longest_vector + k] = 1;
  return numbers;
}();

template <int lanes>
struct VectorOf {
  typedef double Type __attribute__((vector_size(lanes * 8)));
};

/// Adds particles to as many neighbouring targets as a vector has numbers: the nine sums stay in
/// registers. What lies behind the row gets nothing. (A mask by comparison would be taken apart by
/// GCC 12: it lowers templates for the least of the processors.)
/// \param voxel  of the first target
/// \param sums   of its first channel; the next one is `stride` further
template <int lanes>
[[gnu::always_inline]] inline void add_to_tile(std::span<Reaching const> reaching,
                                               std::int64_t voxel, double* sums,
                                               std::int64_t stride) {
  typename VectorOf<lanes>::Type s[n_channels], w, mask;
#pragma GCC unroll 9
  for (std::int64_t c = 0; c < n_channels; ++c) std::memcpy(&s[c], sums + c * stride, sizeof s[c]);
  for (auto const& one : reaching) {
    auto const begin = one.begin - voxel, end = one.end - voxel;
    if (end <= 0 || begin >= lanes) continue;
    std::memcpy(&w, one.weight + voxel, sizeof w);
    w *= one.scale;
    if (begin > 0) {
      std::memcpy(&mask, ones.data() + longest_vector - begin, sizeof mask);
      w *= mask;
    }
    if (end < lanes) {
      std::memcpy(&mask, ones.data() + 2 * longest_vector - end, sizeof mask);
      w *= mask;
    }
#pragma GCC unroll 8
    for (std::int64_t c = 0; c < n_values; ++c) s[c] += w * one.value[c];
    s[n_values] += w * w;
  }
#pragma GCC unroll 9
  for (std::int64_t c = 0; c < n_channels; ++c) std::memcpy(sums + c * stride, &s[c], sizeof s[c]);
}

/// A particle that reaches a plane of targets.
struct InPlane {
  std::int64_t p;
  double left2;  ///< square of the reach that is left within the plane
  double scale;  ///< weight of the particle and its Gaussian along x
  AxisTable::Reach rows;
};

/// Those of a block that reach the plane i. \return how many
std::int64_t list_plane(Block const& block, double cut2, std::int64_t i,
                        std::array<InPlane, block_size>& list) {
  std::int64_t n = 0;
  for (std::int64_t p = 0; p < block.size; ++p)
    if (auto const reach = block.x.reach(p); i >= reach.begin && i < reach.end)
      list[n++] = {p, cut2 - block.x.distance2(p)[i], block.tracers.weight * block.x.gaussian(p)[i],
                   block.y.reach(p)};
  return n;
}

/// Adds a block of particles to the plane i of targets, row by row.
template <int lanes>
[[gnu::always_inline]] inline void add_to_plane(Block const& block, TargetRows const& targets,
                                                double cut2, std::int64_t i, double* sums) {
  double const inverse_voxel = 1 / targets.lattice().voxel_r200(), z0 = targets.centre(0);
  std::array<InPlane, block_size> list;
  auto const in_plane = std::span(list).first(list_plane(block, cut2, i, list));
  AxisTable::Reach rows{targets.end(), targets.begin()};
  for (auto const& one : in_plane)
    rows = {std::min(rows.begin, one.rows.begin), std::max(rows.end, one.rows.end)};
  std::array<Reaching, block_size> reaching;
  for (std::int64_t j = rows.begin; j < rows.end; ++j) {
    auto const& row = targets.row(i, j);
    std::size_t n = 0;
    for (auto const& [p, left2, scale, of_rows] : in_plane) {
      if (j < of_rows.begin || j >= of_rows.end) continue;
      double const half2 = left2 - block.y.distance2(p)[j];
      if (half2 < 0) continue;
      double const half = std::sqrt(half2), z = block.value[p][3];
      auto const begin = std::max(
          row.begin, static_cast<std::int64_t>(std::ceil((z - half - z0) * inverse_voxel)));
      auto const end = std::min(
          row.end, static_cast<std::int64_t>(std::floor((z + half - z0) * inverse_voxel)) + 1);
      if (begin < end)
        reaching[n++] = {block.z.gaussian(p), block.value[p].data(), scale * block.y.gaussian(p)[j],
                         begin, end};
    }
    for (std::int64_t voxel = row.begin; n > 0 && voxel < row.end; voxel += lanes)
      add_to_tile<lanes>(std::span(reaching).first(n), voxel,
                         sums + row.first * n_channels + (voxel - row.begin), row.size());
  }
}

using AddToPlane = void (*)(Block const&, TargetRows const&, double, std::int64_t, double*);

void add_by_2(Block const& block, TargetRows const& targets, double cut2, std::int64_t i,
              double* sums) {
  add_to_plane<2>(block, targets, cut2, i, sums);
}
#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("avx2"))) void add_by_4(Block const& block, TargetRows const& targets,
                                              double cut2, std::int64_t i, double* sums) {
  add_to_plane<4>(block, targets, cut2, i, sums);
}
__attribute__((target("avx512f"))) void add_by_8(Block const& block, TargetRows const& targets,
                                                 double cut2, std::int64_t i, double* sums) {
  add_to_plane<8>(block, targets, cut2, i, sums);
}
#else
constexpr AddToPlane add_by_4 = add_by_2, add_by_8 = add_by_2;
#endif

}  // namespace

std::vector<int> gaussian_lanes() {
  std::vector<int> lanes{2};
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx2")) lanes.push_back(4);
  if (__builtin_cpu_supports("avx512f")) lanes.push_back(8);
#endif
  return lanes;
}

GaussianSums::GaussianSums(TargetRows const& targets, double h_r200, Tracers const& tracers,
                           int lanes)
    : sums_(targets.size() * n_channels + longest_vector, 0) {
  double const cut = gaussian_cut * h_r200;
  AxisTable const empty(targets, h_r200);
  Block block{.tracers = tracers, .x = empty, .y = empty, .z = empty};
  auto const add = lanes == 8 ? add_by_8 : lanes == 4 ? add_by_4 : add_by_2;
  // Block by block and plane by plane: the sums of a plane stay in the cache.
  for (std::int64_t first = 0; first < tracers.size(); first += block_size) {
    block.fill(first);
    for (std::int64_t i = targets.begin(); i < targets.end(); ++i)
      add(block, targets, cut * cut, i, sums_.data());
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
