// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/snapshots/format.hpp"

namespace setsz {

/// HDF5 snapshots of AREPO as IllustrisTNG publishes them (and GADGET-3, GIZMO in the same layout):
/// everything about the snapshot in /Header, lengths in ckpc/h, masses in 1e10 Msun/h, velocities
/// in km sqrt(a)/s. \source https://www.tng-project.org/data/docs/specifications/#sec1
SnapshotFormat arepo_format();

}  // namespace setsz
