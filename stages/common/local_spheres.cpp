// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/local_spheres.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

struct CellRange {
  std::int64_t first, last;
};

/// Set bits of a byte of the mask. Without its instruction std::popcount is a call.
constexpr auto members_in = [] {
  std::array<std::uint8_t, 256> counts{};
  for (std::uint32_t byte = 0; byte < 256; ++byte)
    counts[byte] = static_cast<std::uint8_t>(std::popcount(byte));
  return counts;
}();

/// The cell that holds a coordinate >= 0 counted in cells; negative ones give the first cell.
inline std::int64_t floor_cell(double cells) {
  return static_cast<std::int64_t>(std::max(cells, 0.));
}
inline std::int64_t ceil_cell(double cells) {
  std::int64_t const whole = floor_cell(cells);
  return whole + (real(whole) < cells ? 1 : 0);
}

/// Uniform in [0, n), unbiased. \source Lemire (2019), ACM TOMACS 29, "Fast random integer
/// generation in an interval"
inline std::uint32_t below(Random& random, std::uint32_t n) {
  std::uint64_t product = std::uint64_t{random.bits()} * n;
  if (auto low = static_cast<std::uint32_t>(product); low < n) {
    std::uint32_t const reject = -n % n;
    while (low < reject) {
      product = std::uint64_t{random.bits()} * n;
      low = static_cast<std::uint32_t>(product);
    }
  }
  return static_cast<std::uint32_t>(product >> 32);
}

/// Sorts numbers that are spread evenly over [0, range): by bucket, then the rest by insertion.
void sort_even(std::vector<std::uint32_t> const& values, std::uint32_t range,
               std::vector<std::uint32_t>& sorted) {
  std::size_t const n = values.size();
  double const buckets_per_value = real(n) / range;
  auto const bucket = [&](std::uint32_t value) {
    return static_cast<std::size_t>(value * buckets_per_value);
  };
  // sorted = [ result (n) | end of each bucket (n + 1) ]: one buffer, reused by every query.
  sorted.assign(2 * n + 1, 0);
  std::uint32_t* const end = sorted.data() + n;
  for (auto const value : values) ++end[std::min(bucket(value), n - 1)];
  for (std::size_t b = 1; b < n; ++b) end[b] += end[b - 1];
  for (auto const value : values) sorted[--end[std::min(bucket(value), n - 1)]] = value;
  sorted.resize(n);
  for (std::size_t i = 1; i < n; ++i) {
    std::uint32_t const value = sorted[i];
    std::size_t k = i;
    for (; k > 0 && sorted[k - 1] > value; --k) sorted[k] = sorted[k - 1];
    sorted[k] = value;
  }
}

}  // namespace

LocalSpheres::LocalSpheres(ClusterParticles const& particles, double radius_ckpch)
    : particles_(particles), radius_(real(single(radius_ckpch))) {
  require(radius_ckpch > 0 && std::isfinite(radius_ckpch), ExitCode::config,
          "local spheres have a radius of ", radius_ckpch, " ckpc/h (must be positive)");
  // float32 distances carry a relative error of a few 6e-8, cell borders one of a few 1e-16.
  pad_ = 1e-9 * particles.grid.half_side();
  double const outer = radius_ * (1 + 1e-6) + pad_;
  double const inner = std::max(0., radius_ * (1 - 1e-6) - pad_);
  surely_outside2_ = outer * outer;
  surely_inside2_ = inner * inner;
  y_extents_.resize(particles.grid.cells_per_side);
}

std::int64_t LocalSpheres::count(Vec3 const& target) const { return mark(target); }

std::int64_t LocalSpheres::sample(Vec3 const& target, std::int64_t n_max, Random& random,
                                  std::vector<std::int32_t>& indices) const {
  std::int64_t const members = mark(target);
  auto const n = static_cast<std::uint32_t>(std::min(members, std::max(n_max, std::int64_t{0})));
  if (members <= n_max) {
    ranks_.resize(n);
    std::iota(ranks_.begin(), ranks_.end(), 0U);
  } else {
    draw_ranks(static_cast<std::uint32_t>(members), n, random);
  }
  indices.resize(n);
  locate(indices);
  return members;
}

/// Finds the segments of the sphere around `target` and tests those at its surface.
/// \return number of members
std::int64_t LocalSpheres::mark(Vec3 const& target) const {
  auto const radius = single(radius_);
  FloatSphere const sphere{single(target.x), single(target.y), single(target.z), radius * radius};
  find_segments(sphere);
  if (mask_.size() < static_cast<std::size_t>(mask_bytes_))
    mask_.resize(static_cast<std::size_t>(mask_bytes_) * 3 / 2);
  kernel_({particles_.x.data(), particles_.y.data(), particles_.z.data(), particles_.size()},
          sphere, segments_, mask_.data());
  std::int64_t members = 0;
  for (auto const& segment : segments_) members += segment.inside;
  return members;
}

void LocalSpheres::find_segments(FloatSphere const& sphere) const {
  segments_.clear();
  mask_bytes_ = 0;
  auto const& grid = particles_.grid;
  double const edge = grid.cell_edge, side = 2 * grid.half_side();
  Vec3 const centre{sphere.centre_x + 0.5 * side, sphere.centre_y + 0.5 * side,
                    sphere.centre_z + 0.5 * side};
  double const reach = std::sqrt(surely_outside2_);
  auto const slabs = [&](double at) {  // those that the sphere may touch
    return CellRange{floor_cell((at - reach) / edge),
                     at + reach < 0 ? 0
                                    : std::min(floor_cell(std::min(at + reach, side) / edge) + 1,
                                               std::int64_t{grid.cells_per_side})};
  };
  auto const extent = [&](double at, std::int64_t slab) {
    double const low = real(slab) * edge - at, high = low + edge;
    double const near = std::max({0., low, -high}), far = std::max(-low, high);
    return Extent{near * near, far * far};
  };

  CellRange const in_x = slabs(centre.x), in_y = slabs(centre.y);
  for (std::int64_t iy = in_y.first; iy < in_y.last; ++iy) y_extents_[iy] = extent(centre.y, iy);
  for (std::int64_t ix = in_x.first; ix < in_x.last; ++ix) {
    Extent const x = extent(centre.x, ix);
    for (std::int64_t iy = in_y.first; iy < in_y.last; ++iy) {
      Extent const y = y_extents_[iy];
      add_column(centre.z, x.near2 + y.near2, x.far2 + y.far2,
                 (ix * grid.cells_per_side + iy) * grid.cells_per_side);
    }
  }
}

/// Cuts the column of cells that starts at cell `column` into what is surely inside and what must
/// be tested. \param near2, far2  squared distance of the column to the centre in x and y
void LocalSpheres::add_column(double centre_z, double near2, double far2,
                              std::int64_t column) const {
  if (near2 >= surely_outside2_) return;
  double const per_edge = 1 / particles_.grid.cell_edge;
  std::int64_t const per_side = particles_.grid.cells_per_side;
  double const outer = std::sqrt(surely_outside2_ - near2) + pad_;
  if (centre_z + outer < 0) return;
  std::int64_t const first = floor_cell((centre_z - outer) * per_edge);
  std::int64_t const last = std::min(floor_cell((centre_z + outer) * per_edge) + 1, per_side);
  if (first >= last) return;

  std::int32_t const* const cells = particles_.first_in_cell.data() + column;
  std::int64_t first_whole = last, last_whole = last;
  if (far2 < surely_inside2_) {
    double const inner = std::sqrt(surely_inside2_ - far2) - pad_;
    if (centre_z + inner > 0) {
      first_whole = ceil_cell((centre_z - inner) * per_edge);
      last_whole = std::min(floor_cell((centre_z + inner) * per_edge), last);
    }
  }
  if (first_whole >= last_whole) return add_segment(cells, first, last, false);
  add_segment(cells, first, first_whole, false);
  add_segment(cells, first_whole, last_whole, true);
  add_segment(cells, last_whole, last, false);
}

inline void LocalSpheres::add_segment(std::int32_t const* cells, std::int64_t first_cell,
                                      std::int64_t last_cell, bool whole) const {
  std::int32_t const first = cells[first_cell], last = cells[last_cell];
  if (first == last) return;
  segments_.push_back({first, last, last - first, whole ? -1 : mask_bytes_});
  if (!whole) mask_bytes_ += (last - first + 7) / 8;
}

/// n of the numbers 0 ... count - 1, all sets equally likely. \pre n < count
/// \source Floyd's algorithm: Bentley & Floyd (1987), CACM 30, 754
void LocalSpheres::draw_ranks(std::uint32_t count, std::uint32_t n, Random& random) const {
  if (n == 0) return ranks_.clear();
  std::size_t const slots = std::bit_ceil(std::size_t{2} * n);
  if (seen_.size() < slots || ++query_ == 0) {  // entries of earlier queries count as empty
    seen_.assign(slots, 0);
    query_ = 1;
  }
  auto const insert = [&](std::uint32_t rank) {
    std::uint64_t const entry = std::uint64_t{query_} << 32 | rank;
    std::uint32_t const hash = rank * std::uint32_t{2654435769};
    std::size_t slot = hash & (seen_.size() - 1);
    for (; seen_[slot] >> 32 == query_; slot = (slot + 1) & (seen_.size() - 1))
      if (seen_[slot] == entry) return false;
    seen_[slot] = entry;
    return true;
  };
  unsorted_ranks_.clear();
  for (std::uint32_t j = count - n; j < count; ++j) {
    std::uint32_t rank = below(random, j + 1);
    if (!insert(rank)) insert(rank = j);
    unsorted_ranks_.push_back(rank);
  }
  sort_even(unsorted_ranks_, count, ranks_);
}

/// The rows of the members with the chosen ranks, in the order of the segments.
void LocalSpheres::locate(std::vector<std::int32_t>& indices) const {
  std::size_t chosen = 0;
  std::uint32_t before = 0;  // members in earlier segments
  for (auto const& segment : segments_) {
    if (chosen == ranks_.size()) return;
    auto const end = before + static_cast<std::uint32_t>(segment.inside);
    if (segment.mask < 0) {
      for (; chosen < ranks_.size() && ranks_[chosen] < end; ++chosen)
        indices[chosen] = segment.first + static_cast<std::int32_t>(ranks_[chosen] - before);
    } else if (ranks_[chosen] < end) {
      std::uint8_t const* byte = mask_.data() + segment.mask;
      std::int32_t row = segment.first;
      for (; chosen < ranks_.size() && ranks_[chosen] < end; ++chosen) {
        for (; before + members_in[*byte] <= ranks_[chosen]; ++byte, row += 8)
          before += members_in[*byte];
        unsigned bits = *byte;
        for (std::uint32_t skip = ranks_[chosen] - before; skip > 0; --skip) bits &= bits - 1;
        indices[chosen] = row + std::countr_zero(bits);
      }
    }
    before = end;
  }
}

}  // namespace setsz
