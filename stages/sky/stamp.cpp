// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/stamp.hpp"

#include "pipeline/base/dispatch.hpp"

namespace setsz {
namespace {

SETSZ_DISPATCH
void add_scaled(double const* __restrict values, std::size_t n, double scale,
                double* __restrict pixels) {
  for (std::size_t i = 0; i < n; ++i) pixels[i] += scale * values[i];
}

}  // namespace

std::optional<std::size_t> Stamp::index_of(std::int64_t ring, std::int64_t k,
                                           std::int64_t n) const {
  if (rows_.empty() || ring < rows_.front().ring || ring > rows_.back().ring) return {};
  // Rings without pixels lie before the first row or behind the last one.
  Row const& row = rows_[static_cast<std::size_t>(ring - rows_.front().ring)];
  std::int64_t at = k - row.first;
  while (at < 0) at += n;  // a division costs more than all of it
  while (at >= n) at -= n;
  if (at >= static_cast<std::int64_t>(row.end - row.begin)) return {};
  return row.begin + static_cast<std::size_t>(at);
}

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

void Stamp::add_up() {
  integral_ = 0;
  for (auto const& row : rows_)
    integral_ += row.area *
                 sum_of(values_.data() + row.begin, static_cast<std::int64_t>(row.end - row.begin));
}

template <class Visit>
void Stamp::for_each_piece(RingMap const& map, Row const& row, Visit&& visit) {
  std::int64_t const n = map.geometry().pixels_in(row.ring),
                     n_held = map.grid().pixels_of(row.ring).size();
  std::int64_t place = map.place_of(row.ring, row.first);
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
  auto const prefetch = [&](std::size_t i) {
    if (i < rows_.size())
      map.prefetch(rows_[i].ring, rows_[i].first,
                   static_cast<std::int64_t>(rows_[i].end - rows_[i].begin));
  };
  for (std::size_t i = 0; i < rows_ahead; ++i) prefetch(i);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Row const& row = rows_[i];
    prefetch(i + rows_ahead);
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
