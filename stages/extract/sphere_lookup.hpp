// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <array>
#include <bit>
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
    std::size_t const cell =
        (along(position.x) * per_side_ + along(position.y)) * per_side_ + along(position.z);
    if ((reached_[cell / 32] >> (cell % 32) & 1U) == 0) return;
    auto const row = row_of(cell);
    for (auto k = first_[row]; k < first_[row + 1]; ++k) {
      auto const index = reaching_[k];
      Sphere const& sphere = spheres_[index];
      Vec3 const offset = box_.offset(sphere.centre, position);
      if (norm2(offset) < sphere.radius * sphere.radius) found(index, offset);
    }
  }

  /// The same for many positions: calls `found(index of the position, index of the sphere, offset)`
  /// by ascending position. \param positions  (n, 3), float or double
  template <class T, class Found>
  void visit_all(std::span<T const> positions, Found&& found) const {
    constexpr std::size_t at_once = 512;
    std::array<std::uint8_t, at_once> marks;
    std::array<std::uint16_t, at_once + 8> near;
    auto const n = positions.size() / 3;
    for (std::size_t first = 0; first < n; first += at_once) {
      auto const part = std::span(marks).first(std::min(at_once, n - first));
      mark_reached(positions.subspan(3 * first, 3 * part.size()), cells(), part);
      auto const n_near = list_marked(part, near.data());
      for (std::size_t k = 0; k < n_near; ++k) {
        auto const i = first + near[k];
        visit({positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]},
              [&](std::int32_t sphere, Vec3 const& offset) { found(i, sphere, offset); });
      }
    }
  }

  std::vector<Sphere> const& spheres() const { return spheres_; }
  CellBits cells() const { return {power_, cells_per_length_, reached_}; }

 private:
  std::size_t along(double x) const {
    auto const cell = static_cast<std::size_t>(x * cells_per_length_);  // x >= 0
    return cell < per_side_ ? cell : per_side_ - 1;
  }

  /// The number of reached cells before a reached one.
  std::size_t row_of(std::size_t cell) const {
    auto const before = reached_[cell / 32] & ((std::uint32_t{1} << (cell % 32)) - 1);
    return n_before_[cell / 32] + static_cast<std::size_t>(std::popcount(before));
  }

  PeriodicBox box_;
  std::vector<Sphere> spheres_;
  unsigned power_ = 0;
  std::size_t per_side_ = 1;  ///< 2^power
  double cells_per_length_ = 0;
  std::vector<std::uint32_t> reached_;   ///< a bit per cell: does any sphere reach it?
  std::vector<std::uint32_t> n_before_;  ///< reached cells before each 32 bits
  std::vector<std::uint32_t> first_;     ///< (reached cells + 1), into reaching_: a small table
  std::vector<std::int32_t> reaching_;   ///< indices of spheres, cell after cell
};

}  // namespace setsz
