// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// Does anything within `radius` of x [ckpc/h] reach these planes of a periodic grid of n planes,
/// cloud in cell included?
bool slab_touches(Range planes, std::int64_t n, double box_ckpch, double x, double radius);

/// The planes [first, last) in x of a periodic grid of n^3 cells: what one rank owns. Cell (i, j,
/// k) spans [i, i + 1) cells in x, ...; z fastest. Values are sums of P V in the cells.
class SlabGrid {
 public:
  SlabGrid(std::int64_t n, double box_ckpch, Range planes)
      : n_(n), box_(box_ckpch), planes_(planes), values_(planes.size() * n * n, 0.0) {}

  std::int64_t n() const { return n_; }
  double box_ckpch() const { return box_; }
  double cell_ckpch() const { return box_ / real(n_); }
  double cell_volume() const { return std::pow(cell_ckpch(), 3); }
  Range planes() const { return planes_; }
  std::span<double> values() { return values_; }
  std::span<double const> values() const { return values_; }
  std::span<double const> plane(std::int64_t i) const {
    return {values_.data() + (i - planes_.first) * n_ * n_, static_cast<std::size_t>(n_ * n_)};
  }

  bool touches(double x, double radius) const { return slab_touches(planes_, n_, box_, x, radius); }

  /// Cloud in cell, in this rank's planes; the shares of all ranks add up to `pv`.
  /// \param position  in or near the box [ckpc/h]
  /// \source Hockney & Eastwood (1988), section 5-2
  void deposit(Vec3 const& position, double pv) {
    Weights const x = weights(position.x), y = weights(position.y), z = weights(position.z);
    for (int a = 0; a < 2; ++a) {
      if (!planes_.contains(x.cell[a])) continue;
      for (int b = 0; b < 2; ++b) {
        double const share = pv * x.share[a] * y.share[b];
        double* const row = values_.data() + ((x.cell[a] - planes_.first) * n_ + y.cell[b]) * n_;
        row[z.cell[0]] += share * z.share[0];
        row[z.cell[1]] += share * z.share[1];
      }
    }
  }

 private:
  struct Weights {
    std::int64_t cell[2];
    double share[2];
  };
  Weights weights(double coordinate) const {
    double const at = coordinate / cell_ckpch() - 0.5;
    double const floor = std::floor(at);
    auto low = static_cast<std::int64_t>(floor) % n_;
    if (low < 0) low += n_;
    double const share = at - floor;
    return {{low, low + 1 == n_ ? 0 : low + 1}, {1 - share, share}};
  }

  std::int64_t n_;
  double box_;
  Range planes_;
  std::vector<double> values_;
};

/// Comoving pressure integrated along x, y and z: sums of P V over the columns.
struct ColumnSums {
  std::vector<double> along_x;  ///< (n, n) in (y, z); whole on every rank
  std::vector<double> along_y;  ///< (planes, n) in (x, z); this rank's planes
  std::vector<double> along_z;  ///< (planes, n) in (x, y)
  double total = 0;             ///< of all cells; the same on every rank
};
/// Collective. Sums go in the order of the planes, whatever the number of ranks.
ColumnSums column_sums(Comm const& comm, SlabGrid const& grid);

}  // namespace setsz
