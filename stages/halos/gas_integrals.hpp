// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stages/halos/halo_gas.hpp"

namespace setsz {

/// Integrals of P/P200 of a halo's gas, without regard to the claims of others, as a catalogue has
/// them.
struct GasIntegrals {
  double within_r200 = 0;   ///< P V in the sphere [(ckpc/h)^3]
  double within_r500 = 0;   ///< the same
  double in_cylinder = 0;   ///< P V within R200 of the line of sight through the centre, as far as
                            ///< the gas is known [(ckpc/h)^3]
  double total = 0;         ///< P V of all of the gas [(ckpc/h)^3]
  double along_centre = 0;  ///< P along this line [ckpc/h]
};

/// Voxels of a cube belong to the sphere or cylinder that holds their centres; the line through the
/// centre is followed through the voxels.
/// \param r200, r500     [ckpc/h]
/// \param line_of_sight  a unit vector; does not matter for a profile
GasIntegrals integrals_of(HaloGas const& gas, double r200, double r500, Vec3 const& line_of_sight);

}  // namespace setsz
