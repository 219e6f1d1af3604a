// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/snapshots/format.hpp"

namespace setsz {

/// Binary snapshots of GADGET: SnapFormat 1 and 2 of GADGET-1/2/3, also as GADGET-4 writes them
/// (with the header of GADGET-2 or its own), either byte order, float32 or float64, ids of 32 or 64
/// bits.
///
/// The files do not name their unit of length: kpc/h or Mpc/h, whichever gives the box the mean
/// density of matter. The header of GADGET-4 knows no cosmology. Velocities are in km sqrt(a)/s.
/// \source Springel 2005, MNRAS 364, 1105; users' guide of GADGET-2, section 6
SnapshotFormat gadget_binary_format();

}  // namespace setsz
