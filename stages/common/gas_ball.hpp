// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/base/vec3.hpp"

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
  double mass = 0;  ///< [1e10 Msun/h]
};

/// The volume of a ball over that of its gas, roughly; for estimates of cost.
constexpr double typical_overfill(CellSize cell_size) {
  return cell_size == CellSize::smoothing_length ? 60 : 1;
}

/// \param mass [1e10 Msun/h], \param density comoving [1e10 Msun/h (ckpc/h)^-3]
/// \param smoothing_length_ckpch  radius of the kernel's support; not looked at for volume
GasBall gas_ball(CellSize cell_size, Vec3 const& position, double mass, double density,
                 double pressure, double smoothing_length_ckpch);

}  // namespace setsz
