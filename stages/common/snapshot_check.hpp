// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "io/snapshot.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/matter_budget.hpp"
#include "stages/common/sections.hpp"

namespace setsz {

/// Collective: the gravity-only or the gas snapshot of an instance, each file looked into by one
/// rank. Its cosmology must be that of the configuration, and its mass that of the cosmology. All
/// ranks get the same, or all throw the same CollectiveError.
Snapshot open_snapshot(Comm const& comm, SnapshotInstance const& instance,
                       std::string const& run_directory, Snapshot::Kind kind);

/// What the mass of an instance's snapshot is compared with.
MatterBudget budget_of(SnapshotHeader const& header, SnapshotInstance const& instance);

/// Local: its outline from one file, for estimates.
SnapshotOutline outline_snapshot(SnapshotInstance const& instance, std::string const& run_directory,
                                 Snapshot::Kind kind);

/// A snapshot header must tell the cosmology of the configuration, else Error(bad_data) with both
/// values. Omega_b is compared only if the header knows it.
/// \param tolerance  relative difference that is taken as rounding
void check_cosmology(SnapshotHeader const& header, std::string const& path,
                     Cosmology const& expected, double tolerance);

/// Clusters and snapshot must be of the same box, time and cosmology, else Error(bad_data).
void check_belongs_together(SnapshotHeader const& header, std::string const& path,
                            ClusterTable const& table, double tolerance);

}  // namespace setsz
