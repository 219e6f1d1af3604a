// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/periodic_box.hpp"

namespace setsz {

/// A sphere around a cluster [ckpc/h].
struct Sphere {
  Vec3 centre;  ///< in [0, box)
  double radius;
};

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
    if ((reached_[cell / 64] >> (cell % 64) & 1) == 0) return;
    for (auto k = first_[cell]; k < first_[cell + 1]; ++k) {
      auto const index = reaching_[static_cast<std::size_t>(k)];
      Sphere const& sphere = spheres_[static_cast<std::size_t>(index)];
      Vec3 const offset = box_.offset(sphere.centre, position);
      if (norm2(offset) < sphere.radius * sphere.radius) found(index, offset);
    }
  }

  std::vector<Sphere> const& spheres() const { return spheres_; }

 private:
  std::size_t along(double x) const {
    auto const cell = static_cast<std::size_t>(x * cells_per_length_);  // x >= 0
    return cell < per_side_ ? cell : per_side_ - 1;
  }

  PeriodicBox box_;
  std::vector<Sphere> spheres_;
  std::size_t per_side_ = 1;
  double cells_per_length_ = 0;
  std::vector<std::uint64_t> reached_;  ///< a bit per cell: does any sphere reach it?
  std::vector<std::int64_t> first_;     ///< (cells + 1), into reaching_
  std::vector<std::int32_t> reaching_;  ///< indices of spheres, cell after cell
};

}  // namespace setsz
