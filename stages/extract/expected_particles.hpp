// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/snapshot.hpp"
#include "stages/common/cluster_table.hpp"

namespace setsz {

/// Number of dark matter particles to expect around a cluster: an NFW profile of concentration 5
/// with the catalogue's mass. For plans and for balancing the owners, not for results.
/// \param radius  of the sphere [ckpc/h]
double expected_particles(Cluster const& cluster, double radius, SnapshotHeader const& header);

}  // namespace setsz
