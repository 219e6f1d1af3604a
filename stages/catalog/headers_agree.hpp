// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "io/halo_catalog.hpp"
#include "io/snapshot.hpp"

namespace setsz {

/// Requires that catalogue, snapshots and configuration describe the same universe: box, scale
/// factor, Omega_m, Omega_L, h, and Omega_b where the gas header knows it.
///
/// Throws Error(bad_data) with both values, where they come from, and the tolerance; where the
/// ratio is that of a known unit (1000, h) it says so.
/// \param tolerance  relative difference taken as rounding
void require_headers_agree(HaloCatalogHeader const& catalog, std::string const& catalog_name,
                           SnapshotHeader const& dark_matter,
                           std::optional<SnapshotHeader> const& gas, Cosmology const& configured,
                           double tolerance);

}  // namespace setsz
