// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/stamp.hpp"

#include <algorithm>
#include <numbers>

#include "pipeline/base/dispatch.hpp"
#include "stages/sky/profile_core.hpp"
#include "stages/sky/profile_row.hpp"

namespace setsz {
namespace {

/// Rows of a profile are looked up together, about so many values at a time: what belongs to them
/// stays in the nearest cache, and short rows leave no vectors half empty.
constexpr std::size_t values_at_once = 1024;

/// Of a line of memory that will be written to. The builtin asks for one to be read, which gains
/// nothing here; processors without the instruction pass over it.
inline void prefetch_line(double const* line) {
#ifdef __x86_64__
  asm volatile("prefetchw %0" ::"m"(*line));
#else
  __builtin_prefetch(line, 1);
#endif
}

SETSZ_DISPATCH
void add_scaled(double const* __restrict values, std::size_t n, double scale,
                double* __restrict pixels) {
  for (std::size_t i = 0; i < n; ++i) pixels[i] += scale * values[i];
}

}  // namespace

SETSZ_DISPATCH
double Stamp::sum_of(double const* values, std::int64_t n) {
  constexpr int lanes = 8;
  double partial[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int lane = 0; lane < lanes; ++lane) partial[lane] += values[i + lane];
  for (; i < n; ++i) partial[i % lanes] += values[i];
  return ((partial[0] + partial[4]) + (partial[1] + partial[5])) +
         ((partial[2] + partial[6]) + (partial[3] + partial[7]));
}

void Stamp::prefetch(RingMap const& map, Row const& row) {
  if (!map.owns_ring(row.ring)) return;
  constexpr std::int64_t in_line = 8;
  auto const ring = map.ring(row.ring);
  if (row.place >= std::ssize(ring)) return;
  std::int64_t const last = std::min(row.place + row.size(), std::ssize(ring)) - 1;
  for (std::int64_t k = row.place; k < last + in_line; k += in_line)
    prefetch_line(ring.data() + std::min(k, last));
}

void Stamp::begin_rows(RingMap const& map, SkyDirection const& centre, double reach) {
  SkyDisc(map.geometry(), centre, std::min(reach, std::numbers::pi)).list_rows(disc_rows_);
  rows_.clear();
  n_values_ = 0;
  for (auto const& [ring, pixels, circle] : disc_rows_) {
    std::size_t const end = n_values_ + static_cast<std::size_t>(pixels.size());
    rows_.push_back({ring, pixels.first, map.place_of(ring, pixels.first), n_values_, end,
                     map.geometry().pixel_area(ring)});
    prefetch(map, rows_.back());  // will be there when add_to() comes
    n_values_ = end;
  }
  if (values_.size() < n_values_ + ProfileRow::padding)
    values_.resize(2 * n_values_ + ProfileRow::padding);
}

void Stamp::build(RingMap const& map, SkyDirection const& centre, double radius, double core_radius,
                  ProfileRow const& profile, ProfileCore& core) {
  RingGeometry const& geometry = map.geometry();
  // Of pixels whose centres lie farther away only those of the core have something of the profile.
  double const part_reach = radius + geometry.largest_pixel_radius();
  double const inner = std::min(core_radius, part_reach);
  is_whole_ = SkyDisc(geometry, centre, std::min(part_reach, std::numbers::pi)).is_whole();
  SkyDisc(geometry, centre, inner).list_rows(core_rows_);
  begin_rows(map, centre, std::max(radius, inner));
  for (auto const& row : core_rows_) core.add(row.ring, row.pixels);
  double const* averages = core.averages().data();
  integral_ = 0;
  auto near = core_rows_.begin();
  auto const n_rows = static_cast<std::int64_t>(rows_.size());
  for (std::int64_t first = 0, last = 0; first < n_rows; first = last) {
    while (last < n_rows && rows_[last].begin < rows_[first].begin + values_at_once) ++last;
    set_rows(geometry, centre, {first, last}, profile);
    for (std::int64_t i = first; i < last; ++i) {
      if (near == core_rows_.end() || near->ring != rows_[i].ring) continue;
      std::copy_n(averages, near->pixels.size(),
                  values_.data() + rows_[i].begin + (near->pixels.first - rows_[i].first));
      averages += near->pixels.size();
      ++near;
    }
    add_rows({first, last});
  }
}

void Stamp::set_rows(RingGeometry const& geometry, SkyDirection const& centre, Range rows,
                     ProfileRow const& profile) {
  std::size_t const begin = rows_[rows.first].begin, n = rows_[rows.last - 1].end - begin;
  if (places_.size() < n + ProfileRow::padding) places_.resize(2 * n + ProfileRow::padding);
  bool placed = false;
  for (std::int64_t i = rows.first; i < rows.last; ++i) {
    auto const& row = disc_rows_[i];
    std::size_t const at = rows_[i].begin;
    geometry.for_each_piece(
        row.ring, PixelPart{}, row.pixels.first, row.pixels.last, [&](auto const& piece) {
          std::size_t const k = at + static_cast<std::size_t>(piece.first - row.pixels.first);
          placed = profile.place(seen_from(centre, row.circle, piece), places_.data() + (k - begin),
                                 values_.data() + k);
        });
  }
  if (placed) profile.look_up(places_.data(), static_cast<int>(n), values_.data() + begin);
}

void Stamp::add_rows(Range rows) {
  for (std::int64_t first = rows.first, last = first; first < rows.last; first = last) {
    double const area = rows_[first].area;
    while (last < rows.last && rows_[last].area == area) ++last;
    std::size_t const begin = rows_[first].begin, end = rows_[last - 1].end;
    integral_ += area * sum_of(values_.data() + begin, static_cast<std::int64_t>(end - begin));
  }
}

void Stamp::add_up() {
  integral_ = 0;
  add_rows({0, std::ssize(rows_)});
}

template <class Visit>
void Stamp::for_each_piece(RingMap const& map, Row const& row, Visit&& visit) {
  std::int64_t const n = map.geometry().pixels_in(row.ring),
                     n_held = map.grid().pixels_of(row.ring).size();
  std::int64_t place = row.place;
  for (std::size_t i = row.begin; i < row.end; place = 0) {  // once more where the ring begins
    std::size_t const end = std::min(row.end, i + static_cast<std::size_t>(n - place));
    auto const held = static_cast<std::size_t>(std::max<std::int64_t>(n_held - place, 0));
    if (held > 0) visit(i, std::min(end, i + held), place);
    i = end;
  }
}

void Stamp::add_to(RingMap& map, double factor) const {
  // A row is a short piece of memory of its own, which the processor does not foresee.
  constexpr std::size_t rows_ahead = 3;
  for (std::size_t i = 0; i < std::min(rows_ahead, rows_.size()); ++i) prefetch(map, rows_[i]);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Row const& row = rows_[i];
    if (i + rows_ahead < rows_.size()) prefetch(map, rows_[i + rows_ahead]);
    if (!map.owns_ring(row.ring)) continue;
    double* const ring = map.ring(row.ring).data();
    for_each_piece(map, row, [&](std::size_t first, std::size_t last, std::int64_t place) {
      add_scaled(values_.data() + first, last - first, factor * row.area, ring + place);
    });
  }
}

double Stamp::integral_over(RingMap const& map) const {
  double integral = 0;
  for (auto const& row : rows_)
    for_each_piece(map, row, [&](std::size_t first, std::size_t last, std::int64_t) {
      integral +=
          row.area * sum_of(values_.data() + first, static_cast<std::int64_t>(last - first));
    });
  return integral;
}

}  // namespace setsz
