// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/voxelize/overlap.hpp"

namespace setsz {

/// How large a gas cell is.
enum class CellSize {
  volume,           ///< a ball of the cell's own volume m/rho (Voronoi cells)
  smoothing_length  ///< the ball of the kernel's support, P m/rho spread evenly over it (SPH)
};

/// A gas cell as a uniform ball. Travels between ranks.
struct GasBall {
  Vec3 position;    ///< [ckpc/h]
  double radius;    ///< [ckpc/h]
  double pressure;  ///< electron pressure of the gas [code]
  double filling;   ///< gas volume m/rho over the ball's volume; 1 for CellSize::volume
};

/// \param mass [1e10 Msun/h], \param density comoving [1e10 Msun/h (ckpc/h)^-3]
/// \param smoothing_length_ckpch  radius of the kernel's support; not looked at for volume
GasBall gas_ball(CellSize cell_size, Vec3 const& position, double mass, double density,
                 double pressure, double smoothing_length_ckpch);

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
  explicit PressureCube(std::int64_t n_voxels);

  /// \param offset  the ball's centre from the cube's lower corner [ckpc/h]
  void add(GasBall const& ball, Vec3 const& offset, double voxel_edge_ckpch, BallOverlap& overlap);

  std::span<double const> amount() const { return amount_; }
  std::span<double const> filled() const { return filled_; }
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
  CompensatedSum deposited_;
};

}  // namespace setsz
