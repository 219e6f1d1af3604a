// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "pipeline/base/number.hpp"
#include "stages/sky/sky_grid.hpp"

namespace setsz {

/// The rings [first_ring, last_ring) of a map: what one rank owns. Values are integrals over the
/// pixels; everything outside the rings, or of the grid, is ignored.
class RingMap {
 public:
  RingMap(SkyGrid grid, std::int64_t first_ring, std::int64_t last_ring)
      : grid_(std::move(grid)), first_ring_(first_ring), last_ring_(last_ring) {
    std::size_t n = 0;
    for (std::int64_t ring = first_ring; ring < last_ring; ++ring) {
      begin_.push_back(n);
      n += static_cast<std::size_t>(grid_.pixels_of(ring).size());
    }
    values_.reserve(n);
    want_huge_pages();
    values_.resize(n);
  }

  SkyGrid const& grid() const { return grid_; }
  RingGeometry const& geometry() const { return grid_.geometry(); }
  std::int64_t first_ring() const { return first_ring_; }
  std::int64_t last_ring() const { return last_ring_; }
  bool owns_ring(std::int64_t ring) const { return ring >= first_ring_ && ring < last_ring_; }
  /// The pixels grid().pixels_of(index) of one of the rings.
  std::span<double> ring(std::int64_t index) {
    return {values_.data() + begin_of(index), size_of(index)};
  }
  std::span<double const> ring(std::int64_t index) const {
    return {values_.data() + begin_of(index), size_of(index)};
  }

  void add(RingPixel const& pixel, double value) {
    if (!owns_ring(pixel.ring) || !grid_.has(pixel)) return;
    ring(pixel.ring)[place_of(pixel.ring, pixel.in_ring)] += value;
  }
  /// Where a pixel of a ring, counted from anywhere, lies behind the first one of the grid, modulo
  /// the ring's number.
  std::int64_t place_of(std::int64_t ring, std::int64_t pixel) const {
    std::int64_t const n = geometry().pixels_in(ring);
    std::int64_t place = pixel - grid_.pixels_of(ring).first;
    while (place < 0) place += n;  // never far: a division costs more
    while (place >= n) place -= n;
    return place;
  }
  std::span<double> values() { return values_; }
  std::span<double const> values() const { return values_; }

 private:
  std::size_t begin_of(std::int64_t ring) const { return begin_[ring - first_ring_]; }
  std::size_t size_of(std::int64_t ring) const {
    return static_cast<std::size_t>(grid_.pixels_of(ring).size());
  }
  /// A halo touches a short piece of each of many rings, each in another page of memory: with small
  /// pages most of the time goes into finding them. A hint; without it all is the same, but slower.
  void want_huge_pages() {
    constexpr std::uintptr_t page = 1 << 21;
    auto const begin = reinterpret_cast<std::uintptr_t>(values_.data());
    std::uintptr_t const first = (begin + page - 1) / page * page;
    std::uintptr_t const last = (begin + values_.capacity() * sizeof(double)) / page * page;
    if (first < last)
      madvise(reinterpret_cast<char*>(values_.data()) + (first - begin), last - first,
              MADV_HUGEPAGE);
  }

  SkyGrid grid_;
  std::int64_t first_ring_, last_ring_;
  std::vector<std::size_t> begin_;  ///< of each ring in values_
  std::vector<double> values_;
};

}  // namespace setsz
