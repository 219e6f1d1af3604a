// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/h5.hpp"
#include "stages/common/cluster_table.hpp"

namespace setsz {

/// Collective: attributes a, redshift, omega_m, omega_l, omega_b and h of a file.
void write_cosmology(H5File& file, ClusterTable const& table);

}  // namespace setsz
