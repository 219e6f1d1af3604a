// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/snapshots/format.hpp"

namespace setsz {

/// HDF5 snapshots of AREPO as IllustrisTNG publishes them (and GADGET-3, GIZMO, CAMELS in the same
/// layout): everything about the snapshot in /Header. Without unit attributes lengths are in
/// ckpc/h, masses in 1e10 Msun/h; velocities are in km sqrt(a)/s.
/// \source https://www.tng-project.org/data/docs/specifications/#sec1
SnapshotFormat arepo_format();

/// The same of GADGET-4: cosmology and units in /Parameters, any number of particle types, 64-bit
/// totals; also its lean output (positions as integers of the box, velocities in half precision).
/// \source Springel et al. 2021, MNRAS 506, 2871; documentation of GADGET-4, section 6
SnapshotFormat gadget4_format();

}  // namespace setsz
