// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stages/halos/halo_gas.hpp"
#include "stages/halos/wave_table.hpp"

namespace setsz {

/// F of a halo's gas [P200 R200^3], without regard to the claims of others. A cube counts as the
/// round gas that has its mean over directions at every radius.
/// \param r200  [ckpc/h]
WaveTable waves_of(HaloGas const& gas, double r200);

}  // namespace setsz
