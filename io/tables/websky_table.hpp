// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/tables/table_file.hpp"

namespace setsz {

/// The binary of WebSky and Peak Patch (halos.pksc): three words, of which the first one is the
/// number of haloes, then ten float32 for each: x, y, z [Mpc, comoving], vx, vy, vz [km/s], the
/// Lagrangian radius [Mpc], and the Lagrangian position. Its mass, 4/3 pi rho_m R^3, is M200m.
/// \source Stein et al. (2020), JCAP 10, 012; readhalos.py of mocks.cita.utoronto.ca/data/websky
TableFormat websky_table_format();

}  // namespace setsz
