// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>

#include "model/gnfw.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// A voxel of a cluster's gas.
struct PressureSample {
  Vec3 position;    ///< of its centre [R200]
  double pressure;  ///< P_e/P200
};

/// Where a profile must be centred for the least sum of squared errors: what origin is to learn.
///
/// A search on a grid out to 0.4 R200, which sees the voxels within 1 R200, then Gauss-Newton steps
/// on all voxels that never raise the error. Within 0.45 R200 of the catalogue's centre [R200].
Vec3 best_centre(std::span<PressureSample const> voxels, GnfwShape const& profile);

}  // namespace setsz
