// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/snapshots/h5_snapshot_file.hpp"

namespace setsz {

/// A dataset may say itself what its numbers mean: `to_cgs`, `a_scaling`, `h_scaling` (AREPO,
/// GADGET-4), or "Conversion factor to CGS" with the exponents of a and h (SWIFT). Error(bad_data)
/// with both values if that is not, within 1%, what the header and the format make of them. A
/// factor of 0 says nothing (AREPO), and so does a smoothing length, of which codes mean different
/// radii.
/// \param header  a and h
void check_stated_unit(H5File const& file, H5Field const& field, ParticleField what,
                       SnapshotHeader const& header);

}  // namespace setsz
