// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/common/gas_ball.hpp"
#include "stages/common/overlap.hpp"

namespace setsz {

/// A sum that keeps what rounding drops. \source Neumaier (1974)
struct CompensatedSum {
  double sum = 0;
  double lost = 0;

  void add(double value);
  double value() const { return sum + lost; }
};

/// The gas in the voxels of one cube, as it grows cell by cell.
///
/// amount = sum of P f V_overlap, filled = sum of f V_overlap, in voxel volumes, with f the filling
/// of the balls: amount is P averaged over the whole voxel, amount/filled over the gas in it.
class PressureCube {
 public:
  /// \param core_ckpch  radius about the centre within which the gas is weighed
  explicit PressureCube(std::int64_t n_voxels, double core_ckpch = 0);

  /// \param offset  the ball's centre from the cube's lower corner [ckpc/h]
  void add(GasBall const& ball, Vec3 const& offset, double voxel_edge_ckpch, BallOverlap& overlap);

  std::span<double const> amount() const { return amount_; }
  std::span<double const> filled() const { return filled_; }
  /// Of the cells whose centres lie in the core [1e10 Msun/h].
  double core_mass() const { return core_mass_.value(); }
  double total_amount() const;
  /// |total_amount - sum of P f x (the balls' volumes within the cube, from the closed form of the
  /// whole cube)| over their sum: the energy that voxels lost or gained.
  double conservation_error() const;

  /// All that the cube holds as plain numbers, for a checkpoint, and back.
  std::vector<double> state() const;
  void restore(std::span<double const> state);
  static std::int64_t state_size(std::int64_t n_voxels);

 private:
  std::int64_t n_;
  std::vector<double> amount_, filled_;
  double core_ckpch_;
  CompensatedSum deposited_, core_mass_;
};

}  // namespace setsz
