// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/periodic_box.hpp"
#include "stages/extract/reached_cells.hpp"

namespace setsz {

/// A sphere around a cluster [ckpc/h].
struct Sphere {
  Vec3 centre;  ///< in [0, box)
  double radius;
};

/// A sphere of that radius [ckpc/h] must fit into the box, else Error(config).
void require_sphere_fits(PeriodicBox const& box, double radius);

/// Finds the spheres in which a position lies, in a periodic box: a grid whose cells list the
/// spheres that reach them. Most positions are answered by one bit of a table that fits in L2.
class SphereLookup {
 public:
  /// \pre 0 < radius < box / 2 for every sphere, else Error(config)
  SphereLookup(PeriodicBox const& box, std::vector<Sphere> spheres);

  /// Calls `found(index of the sphere, offset from its centre)` for every sphere with
  /// |offset| < radius, by ascending index; offset is the minimum image, in double.
  template <class Found>
  void visit(Vec3 const& position, Found&& found) const {
    std::vector<Hit> hits(most_in_a_cell_ + 1);
    Hit const* const end = list_hits(0, position, hits.data());
    for (Hit const* hit = hits.data(); hit < end; ++hit) found(hit->sphere, hit->offset);
  }

  /// The same for many positions: calls `found(index of the position, index of the sphere, offset)`
  /// by ascending position. Step by step, each a short loop without branches that cannot be
  /// guessed: some positions are marked, listed, compared with spheres, and handed over.
  /// \param positions  (n, 3), float or double
  template <class T, class Found>
  void visit_all(std::span<T const> positions, Found&& found) const {
    constexpr std::size_t at_once = 512;
    std::array<std::uint8_t, at_once> marks;
    std::array<std::uint16_t, at_once + 8> near;
    std::vector<Hit> hits(at_once + most_in_a_cell_ + 1);
    auto const n = positions.size() / 3;
    for (std::size_t first = 0; first < n; first += at_once) {
      auto const part = std::span(marks).first(std::min(at_once, n - first));
      auto const some = positions.subspan(3 * first, 3 * part.size());
      mark_reached(some, cells(), part);
      auto const n_near = list_marked(part, near.data());
      for (std::size_t k = 0; k < n_near;) {
        Hit* end = hits.data();
        for (; k < n_near && end < hits.data() + at_once; ++k)
          end = list_hits(near[k],
                          {some[3 * near[k]], some[3 * near[k] + 1], some[3 * near[k] + 2]}, end);
        for (Hit const* hit = hits.data(); hit < end; ++hit)
          found(first + hit->position, hit->sphere, hit->offset);
      }
    }
  }

  std::vector<Sphere> const& spheres() const { return spheres_; }
  CellBits cells() const { return {power_, cells_per_length_, reached_}; }

 private:
  struct Hit {
    Vec3 offset;
    std::int32_t sphere;
    std::uint32_t position;
  };

  /// \return where the next one goes. \pre room for one more than the spheres of a cell
  [[gnu::always_inline]] Hit* list_hits(std::uint32_t index, Vec3 const& position, Hit* hit) const {
    auto const cell = cell_of(position);
    if (!is_reached(cell)) return hit;
    auto const row = row_of(cell);
    for (auto k = first_[row]; k < first_[row + 1]; ++k) {
      auto const number = reaching_[k];
      Sphere const& sphere = spheres_[static_cast<std::size_t>(number)];
      Vec3 const offset = box_.offset(sphere.centre, position);
      *hit = {offset, number, index};
      hit += norm2(offset) < sphere.radius * sphere.radius;  // no branch
    }
    return hit;
  }

  std::size_t cell_of(Vec3 const& position) const {
    return (along(position.x) * per_side_ + along(position.y)) * per_side_ + along(position.z);
  }
  bool is_reached(std::size_t cell) const { return (reached_[cell / 32] >> (cell % 32) & 1U) != 0; }
  std::size_t along(double x) const {
    auto const cell = static_cast<std::int64_t>(x * cells_per_length_);  // x >= 0
    return static_cast<std::size_t>(std::min(cell, static_cast<std::int64_t>(per_side_) - 1));
  }

  /// std::popcount, which is a call where processors need not have an instruction for it.
  static std::uint32_t n_bits(std::uint32_t word) {
    word -= word >> 1 & 0x55555555;
    word = (word & 0x33333333) + (word >> 2 & 0x33333333);
    return ((word + (word >> 4)) & 0x0f0f0f0f) * 0x01010101 >> 24;
  }

  /// The number of reached cells before a reached one.
  std::size_t row_of(std::size_t cell) const {
    auto const before = reached_[cell / 32] & ((std::uint32_t{1} << (cell % 32)) - 1);
    return n_before_[cell / 32] + n_bits(before);
  }

  PeriodicBox box_;
  std::vector<Sphere> spheres_;
  unsigned power_ = 0;
  std::size_t per_side_ = 1;  ///< 2^power
  double cells_per_length_ = 0;
  std::size_t most_in_a_cell_ = 0;       ///< spheres
  std::vector<std::uint32_t> reached_;   ///< a bit per cell: does any sphere reach it?
  std::vector<std::uint32_t> n_before_;  ///< reached cells before each 32 bits
  std::vector<std::uint32_t> first_;     ///< (reached cells + 1), into reaching_: a small table
  std::vector<std::int32_t> reaching_;   ///< indices of spheres, cell after cell
};

}  // namespace setsz
