// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// The cells of a periodic box, z fastest.
class PeriodicCells {
 public:
  PeriodicCells(std::int64_t per_side, double box_ckpch)
      : n_(per_side), edge_(box_ckpch / real(per_side)) {}
  std::int64_t size() const { return n_ * n_ * n_; }
  std::int64_t at(Vec3 const& p) const { return index(along(p.x), along(p.y), along(p.z)); }
  /// Calls visit(cell) once for all cells that a ball touches, and maybe for some others.
  template <class Visit>
  void near(Vec3 const& centre, double radius, Visit&& visit) const {
    auto const range = [&](double x) {
      auto const first = along(x - radius), last = along(x + radius);
      return Range{first, std::min(last + 1, first + n_)};
    };
    auto const xs = range(centre.x), ys = range(centre.y), zs = range(centre.z);
    for (auto x = xs.first; x < xs.last; ++x)
      for (auto y = ys.first; y < ys.last; ++y)
        for (auto z = zs.first; z < zs.last; ++z) visit(index(x, y, z));
  }

 private:
  std::int64_t along(double x) const { return static_cast<std::int64_t>(std::floor(x / edge_)); }
  std::int64_t wrapped(std::int64_t cell) const { return ((cell % n_) + n_) % n_; }
  std::int64_t index(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return (wrapped(x) * n_ + wrapped(y)) * n_ + wrapped(z);
  }
  std::int64_t n_;
  double edge_;
};

/// Things with a position by the cells in which they lie, about one a cell.
class CellMembers {
 public:
  template <class Items>
  CellMembers(Items const& items, double box_ckpch)
      : cells_(std::clamp<std::int64_t>(std::llround(std::cbrt(real(items.size()))), 1, 256),
               box_ckpch),
        first_(static_cast<std::size_t>(cells_.size()) + 1, 0),
        members_(items.size()) {
    for (auto const& item : items) ++first_[cells_.at(item.position) + 1];
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    auto next = first_;
    for (std::int64_t i = 0; i < std::ssize(items); ++i)
      members_[next[cells_.at(items[i].position)]++] = i;
  }
  /// Calls visit(i) once for all that lie in cells that a ball touches, and maybe for some others.
  template <class Visit>
  void near(Vec3 const& centre, double radius, Visit&& visit) const {
    cells_.near(centre, radius, [&](std::int64_t cell) {
      for (auto k = first_[cell]; k < first_[cell + 1]; ++k) visit(members_[k]);
    });
  }

 private:
  PeriodicCells cells_;
  std::vector<std::int64_t> first_, members_;
};

}  // namespace setsz
