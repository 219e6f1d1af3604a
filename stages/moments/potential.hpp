// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "stages/moments/target_rows.hpp"
#include "stages/moments/tracers.hpp"

namespace setsz {

/// -sum 1/sqrt(|x - q|^2 + softening^2) over particles, at all targets [1/R200]. Terms are computed
/// in single precision; sums of a few hundred terms are added in double precision.
std::vector<double> potential(TargetRows const& targets, Tracers const& tracers,
                              double softening_r200);

}  // namespace setsz
