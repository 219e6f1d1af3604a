// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "pipeline/base/comm.hpp"
#include "stages/mock/universe.hpp"

namespace setsz {

/// What was planted, one row a halo in descending mass: /halos/{id, position, m200c, r200c, p200,
/// concentration, offset, transfer, spin, axes, axis_lengths} and /clumps/{halo, position, mass,
/// width, pressure_gain}, /patches/{halo, position, width, gain}. Collective.
void write_truth(Comm const& comm, std::string const& path, MockUniverse const& universe);

}  // namespace setsz
