// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/number.hpp"
#include "pipeline/base/range.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/common/ball_cloud.hpp"

namespace setsz {

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
  /// (y, z) of one of the planes.
  std::span<double const> plane(std::int64_t i) const {
    return values().subspan(first_of(i), static_cast<std::size_t>(n_ * n_));
  }
  std::span<double> plane(std::int64_t i) {
    return values().subspan(first_of(i), static_cast<std::size_t>(n_ * n_));
  }

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

  /// `amount` times the shares of cells in or near the box, in this rank's planes.
  void deposit(BallCloud::Block const& block, double amount) {
    auto const& [first, size, shares] = block;
    double const* share = shares.data();
    for (std::int64_t i = 0; i < size[0]; ++i) {
      std::int64_t const plane = wrapped(first[0] + i);
      if (!planes_.contains(plane)) {
        share += size[1] * size[2];
        continue;
      }
      for (std::int64_t j = 0; j < size[1]; ++j) {
        double* const row =
            values_.data() + ((plane - planes_.first) * n_ + wrapped(first[1] + j)) * n_;
        for (std::int64_t k = 0; k < size[2]; ++k) row[wrapped(first[2] + k)] += amount * *share++;
      }
    }
  }

 private:
  std::int64_t wrapped(std::int64_t cell) const {
    std::int64_t const rest = cell % n_;
    return rest < 0 ? rest + n_ : rest;
  }
  struct Weights {
    std::int64_t cell[2];
    double share[2];
  };
  Weights weights(double coordinate) const {
    double const at = coordinate / cell_ckpch() - 0.5;
    double const floor = std::floor(at);
    auto const low = wrapped(static_cast<std::int64_t>(floor));
    double const share = at - floor;
    return {{low, low + 1 == n_ ? 0 : low + 1}, {1 - share, share}};
  }

  std::size_t first_of(std::int64_t plane) const {
    return static_cast<std::size_t>((plane - planes_.first) * n_ * n_);
  }

  std::int64_t n_;
  double box_;
  Range planes_;
  std::vector<double> values_;
};

}  // namespace setsz
