// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/snapshot.hpp"
#include "stages/common/cluster_table.hpp"

namespace setsz {

/// A snapshot header must tell the cosmology of the configuration, else Error(bad_data) with both
/// values. Omega_b is compared only if the header knows it.
/// \param tolerance  relative difference that is taken as rounding
void check_cosmology(SnapshotHeader const& header, std::string const& path,
                     Cosmology const& expected, double tolerance);

/// Clusters and snapshot must be of the same box, time and cosmology, else Error(bad_data).
void check_belongs_together(SnapshotHeader const& header, std::string const& path,
                            ClusterTable const& table, double tolerance);

}  // namespace setsz
