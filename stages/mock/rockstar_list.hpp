// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>

#include "stages/mock/measure.hpp"

namespace setsz {

/// The halo catalogue as Rockstar and find_parents write it (out_N.list with PID): all haloes with
/// PID -1, then their clumps with the PID of their host.
///
/// Masses are the planted ones, in other definitions those of the same NFW profile; Xoff, Voff and
/// J are measured.
/// \param measured  one per halo
std::string rockstar_list(MockUniverse const& universe, std::span<HaloMeasurement const> measured);

}  // namespace setsz
