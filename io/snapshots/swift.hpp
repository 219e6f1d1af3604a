// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/snapshots/format.hpp"

namespace setsz {

/// Snapshots of SWIFT: units in /Units, cosmology in /Cosmology, no h, and at every field the
/// exponent of a that makes it physical. Parts of a distributed snapshot, or its virtual file.
/// \source Schaller et al. 2024, MNRAS 530, 2378; documentation of SWIFT, "Snapshots"
SnapshotFormat swift_format();

}  // namespace setsz
