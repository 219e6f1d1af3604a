// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <span>
#include <vector>

#include "pipeline/base/number.hpp"
#include "stages/sky/ring_geometry.hpp"

namespace setsz {

/// The rings [first_ring, last_ring) of a map: what one rank owns. Values are integrals over the
/// pixels; everything outside the rings is ignored.
class RingMap {
 public:
  RingMap(RingGeometry geometry, std::int64_t first_ring, std::int64_t last_ring)
      : geometry_(geometry),
        first_ring_(first_ring),
        last_ring_(last_ring),
        pixels_{geometry.first_pixel(first_ring), geometry.first_pixel(last_ring)} {
    values_.reserve(pixels_.size());
    want_huge_pages();
    values_.resize(pixels_.size());
  }

  RingGeometry const& geometry() const { return geometry_; }
  std::int64_t first_ring() const { return first_ring_; }
  std::int64_t last_ring() const { return last_ring_; }
  Range pixels() const { return pixels_; }
  bool owns_ring(std::int64_t ring) const { return ring >= first_ring_ && ring < last_ring_; }
  /// The pixels of one of the rings.
  std::span<double> ring(std::int64_t index) {
    return values().subspan(first_of(index), geometry_.pixels_in(index));
  }
  std::span<double const> ring(std::int64_t index) const {
    return values().subspan(first_of(index), geometry_.pixels_in(index));
  }

  void add(std::int64_t pixel, double value) {
    if (pixels_.contains(pixel)) values_[pixel - pixels_.first] += value;
  }
  /// Tells the processor that pixels [first, first + n) of a ring will soon be added to.
  void prefetch(std::int64_t ring, std::int64_t first, std::int64_t n) const {
    if (!owns_ring(ring)) return;
    double const* const begin = values_.data() + (geometry_.first_pixel(ring) - pixels_.first);
    std::int64_t const last = std::min(first + n, geometry_.pixels_in(ring));
    for (std::int64_t k = std::max<std::int64_t>(first, 0); k < last + 7; k += 8)
      __builtin_prefetch(begin + k, 1);
  }
  std::span<double> values() { return values_; }
  std::span<double const> values() const { return values_; }

 private:
  std::size_t first_of(std::int64_t ring) const {
    return static_cast<std::size_t>(geometry_.first_pixel(ring) - pixels_.first);
  }
  /// A halo touches a short piece of each of many rings, each in another page of memory: with small
  /// pages most of the time goes into finding them. A hint; without it all is the same, but slower.
  void want_huge_pages() {
    constexpr std::uintptr_t page = 1 << 21;
    auto const begin = reinterpret_cast<std::uintptr_t>(values_.data());
    std::uintptr_t const first = (begin + page - 1) / page * page;
    std::uintptr_t const last = (begin + values_.capacity() * sizeof(double)) / page * page;
    if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
  }

  RingGeometry geometry_;
  std::int64_t first_ring_, last_ring_;
  Range pixels_;
  std::vector<double> values_;
};

}  // namespace setsz
